// SPDX-License-Identifier: Apache-2.0
/**
 * Classic designs: the allocators that the scalable one is compared with, and what makes any of
 * them safe for threads. In the order in which the ideas grow: each is there because the one before
 * it has a fault.
 *
 * <table class="striped">
 * <caption>The gallery</caption>
 * <thead>
 * <tr><th scope="col">allocator</th><th scope="col">good for</th><th scope="col">fails at</th><th scope="col">cost of allocate and free</th></tr>
 * </thead>
 * <tbody>
 * <tr><th scope="row">{@link io.ashlar.classic.BumpAllocator}</th><td>blocks that all end together; a block at a time, again and again</td><td>one long-lived block: nothing below the newest is used again until all are free</td><td>constant</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.DownwardBumpAllocator}</th><td>the same, with less arithmetic</td><td>the same; the newest block cannot grow where it is</td><td>the same</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.TwoEndedBumpAllocator}</th><td>the same beside blocks that live long, told apart when they are allocated</td><td>a long-lived block at the end for the others</td><td>the same</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.StackAllocator}</th><td>phases within phases: what began last ends first</td><td>any other order, which it refuses; small blocks, each with 16 bytes of header</td><td>constant</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.LinkedListAllocator}</th><td>blocks of one size, freed in any order</td><td>other sizes later: nothing is merged, so a request fails though more is free</td><td>allocate in proportion to the free ranges before the first that fits; free constant</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.CoalescingListAllocator}, {@link io.ashlar.classic.CoalescingListAllocator.Policy#FIRST_FIT first fit}</th><td>few blocks of any sizes, in little memory</td><td>many free ranges between live blocks: all are walked past</td><td>both in proportion to the free ranges at lower addresses, for allocate up to the first that fits</td></tr>
 * <tr><th scope="row">the same, {@link io.ashlar.classic.CoalescingListAllocator.Policy#BEST_FIT best fit}</th><td>keeping large ranges whole</td><td>the same, and rests too small to be of use</td><td>allocate in proportion to all free ranges, unless one fits exactly; free to those at lower addresses</td></tr>
 * <tr><th scope="row">the same, {@link io.ashlar.classic.CoalescingListAllocator.Policy#NEXT_FIT next fit}</th><td>blocks freed in about the order in which they were allocated</td><td>large requests: rests are spread over all memory</td><td>allocate in proportion to the free ranges from the last block to the first that fits, at worst all; free to those at lower addresses</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.FixedSizeBlockAllocator}</th><td>small blocks of any sizes</td><td>sizes just above a power of two; frames stay cut for a size that is no longer used</td><td>constant, but where a frame is cut; above 2,048 bytes, logarithmic in the capacity</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.HeaderAllocator}</th><td>blocks of some hundred bytes and more, of many sizes</td><td>small blocks, each of which takes 64 bytes; many free blocks that are too small</td><td>allocate in proportion to the free blocks looked at (without their list, to all blocks), constant where the one freed last fits; free constant</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.FallbackBlockAllocator}</th><td>few sizes again and again, in front of any design</td><td>a program that goes on to other sizes, without a limit on its lists</td><td>constant, and the fallback's usable size at each free; the fallback's where a list is empty or full</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.UserHeap}</th><td>parts of a program that end as a whole, with limits</td><td>blocks that one part allocates and another frees</td><td>the design's, and an atomic operation for each level</td></tr>
 * <tr><th scope="row">{@link io.ashlar.classic.SpinLocked}</th><td>any design, for a few threads</td><td>many threads: one at a time</td><td>the design's and two atomic writes, and waiting</td></tr>
 * </tbody>
 * </table>
 *
 * <p>The first eight know where a block ends from bits apart from the region, so each of their
 * frees takes, beside what the table says, a load for each 512 bytes of the block. {@link
 * io.ashlar.classic.Baseline} is the reference of the comparison: {@link
 * io.ashlar.classic.FixedSizeBlockAllocator} inside {@link io.ashlar.classic.SpinLocked}.
 */
package io.ashlar.classic;
