// SPDX-License-Identifier: Apache-2.0
/** Workloads on frame allocators. */
package io.ashlar.bench.frame;
