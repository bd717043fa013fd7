// SPDX-License-Identifier: Apache-2.0
/**
 * The memory below everything else: {@link io.ashlar.region.Region}, one reserved range of native
 * address space, and {@link io.ashlar.region.PosixVirtualMemory}, mappings of their own for blocks
 * that are too large for a region.
 *
 * <p>On Linux and macOS both go to the kernel through the foreign linker ({@code mmap}, {@code
 * madvise}, {@code mincore}, {@code munmap}, {@code mremap}; on Linux, if asked for, {@code
 * memfd_create}, {@code ftruncate}, {@code fallocate}, {@code close}). Where those are missing, a
 * region is one allocation of a {@link java.lang.foreign.Arena}, which is resident from the start
 * and gives nothing back before it is closed.
 *
 * <p>What the kernel refuses comes up as a {@link io.ashlar.region.SystemCallException} with the
 * error number and its name.
 *
 * <p>This is the only package of the library that calls native functions. The program grants the
 * right to with {@code --enable-native-access}.
 */
package io.ashlar.region;
