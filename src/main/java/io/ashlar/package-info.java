// SPDX-License-Identifier: Apache-2.0
/** Allocators of native memory: the interface, and the scalable allocator behind it. */
package io.ashlar;
