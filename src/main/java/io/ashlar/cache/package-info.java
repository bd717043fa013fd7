// SPDX-License-Identifier: Apache-2.0
/** Thread caches: the layer that most calls never leave. Not exported. */
package io.ashlar.cache;
