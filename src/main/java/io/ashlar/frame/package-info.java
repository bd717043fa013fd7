// SPDX-License-Identifier: Apache-2.0
/**
 * Page frames of 4 KiB: what the library knows of each frame, kept outside the frames, and
 * allocators of runs of frames.
 *
 * <table class="striped">
 * <caption>Allocators of frames</caption>
 * <thead>
 * <tr><th scope="col">allocator</th><th scope="col">good for</th><th scope="col">fails at</th><th scope="col">cost of allocate and free</th></tr>
 * </thead>
 * <tbody>
 * <tr><th scope="row">{@link io.ashlar.frame.BumpFrameAllocator}</th><td>frames that are never given back: a system that starts</td><td>everything else: a frame that is freed is not used again</td><td>constant: one compare-and-set</td></tr>
 * <tr><th scope="row">{@link io.ashlar.frame.FreeListFrameAllocator}</th><td>single frames in any order, without memory for records</td><td>runs of two frames and more; memory that is to go back to the system, as each free frame holds a link</td><td>constant under a lock; allocate with an alignment a walk along the list</td></tr>
 * <tr><th scope="row">{@link io.ashlar.frame.ContiguousAllocator}</th><td>runs of any length at any place, within a device's constraints; a list of several where there is no such run</td><td>several threads: one at a time, for as long as a search takes</td><td>under a lock: allocate a load for each 64 frames from the lowest free one to the place; free for each 64 frames of the run</td></tr>
 * <tr><th scope="row">{@link io.ashlar.frame.SpinLockBuddy}</th><td>runs of powers of two, merged again; one thread or few</td><td>many threads: one at a time, all of them behind one that is preempted; a run that lies across two buddies</td><td>a step for each order that is searched, split or merged, under a lock</td></tr>
 * <tr><th scope="row">{@link io.ashlar.frame.LockFreeBuddy}</th><td>the same for many threads</td><td>telling for certain that no run is free while other threads are at work; a run that lies across two buddies</td><td>one compare-and-set while the word that the thread allocates from has room; else a search, and one for each level that is opened or closed; before there is none, a look at all that is open</td></tr>
 * <tr><th scope="row">{@link io.ashlar.frame.PageMapper}</th><td>blocks larger than any run that is free, of frames that lie anywhere</td><td>small blocks; a process with many mappings; a region that is not on a memory file</td><td>a system call for each run of frames, and one for the whole; the same to free; and what the other allocator takes for each run</td></tr>
 * </tbody>
 * </table>
 *
 * <p>The page mapper is no {@link io.ashlar.frame.FrameAllocator}: it makes one block of frames of
 * any of the others.
 */
package io.ashlar.frame;
