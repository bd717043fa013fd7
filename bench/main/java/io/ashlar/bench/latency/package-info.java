// SPDX-License-Identifier: Apache-2.0
/** How long single calls take. */
package io.ashlar.bench.latency;
