// SPDX-License-Identifier: Apache-2.0
/**
 * Classic designs: the allocators that the scalable one is compared with, and what makes any of
 * them safe for threads.
 *
 * <table class="striped">
 * <caption>The gallery</caption>
 * <thead>
 * <tr><th scope="col">allocator</th><th scope="col">good for</th><th scope="col">fails at</th><th scope="col">cost of allocate and free</th></tr>
 * </thead>
 * <tbody>
 * <tr><th scope="row">{@link io.ashlar.classic.FixedSizeBlockAllocator}</th><td>small blocks of any sizes</td><td>sizes just above a power of two; frames stay cut for a size that is no longer used</td><td>constant; above 2,048 bytes, logarithmic in the capacity</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.HeaderAllocator}</th><td>blocks of some hundred bytes and more, of many sizes</td><td>small blocks, each of which takes 64 bytes; many free blocks that are too small</td><td>allocate in proportion to the free blocks looked at, constant where the one freed last fits; free constant</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.FallbackBlockAllocator}</th><td>few sizes again and again, in front of any design</td><td>a program that goes on to other sizes, without a limit on its lists</td><td>constant; the fallback's where a list is empty or full</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.UserHeap}</th><td>parts of a program that end as a whole, with limits</td><td>blocks that one part allocates and another frees</td><td>the design's, and an atomic operation for each level</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.SpinLocked}</th><td>any design, for a few threads</td><td>many threads: one at a time</td><td>the design's and two atomic writes, and waiting</td></tr>
 * </tbody>
 * </table>
 */
package io.ashlar.classic;
