// SPDX-License-Identifier: Apache-2.0
/**
 * Allocators of native memory: the interface, and the scalable allocator behind it.
 *
 * <table class="striped">
 * <caption>The scalable allocator</caption>
 * <thead>
 * <tr><th scope="col">allocator</th><th scope="col">good for</th><th scope="col">fails at</th><th scope="col">cost of allocate and free</th></tr>
 * </thead>
 * <tbody>
 * <tr><th scope="row">{@link io.ashlar.Ashlar}</th><td>blocks of any sizes, many threads, frees by any thread</td><td>few blocks of many sizes: each size takes a slab of 64 KiB or more, and each thread keeps free blocks for itself</td><td>constant, without a lock or a shared write, while the thread has a block, or room for one; else a batch of blocks from a shard, or to one; for a new slab, and above 32 KiB, what the frame allocator takes</td></tr>
 * <tr><th scope="row">{@link io.ashlar.slab.SlabCache}</th><td>objects of one type, most of whose state is the same at the start of each life</td><td>other sizes; objects that are not brought back into their first state</td><td>the same, and the initialiser once for each block and not for each allocation</td></tr>
 * </tbody>
 * </table>
 *
 * <p>The simpler designs, and what each of them fails at: the table of {@link io.ashlar.classic};
 * allocators of page frames: that of {@link io.ashlar.frame}.
 */
package io.ashlar;
