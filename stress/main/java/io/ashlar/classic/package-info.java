// SPDX-License-Identifier: Apache-2.0
/** What stress tests need of the library's insides: deferred frees with faults put in. */
package io.ashlar.classic;
