// SPDX-License-Identifier: Apache-2.0
/**
 * Slabs: runs of frames cut into blocks of one size class, kept in shards that work apart from each
 * other; and the record of what each block is. And typed caches, {@link io.ashlar.slab.SlabCache}:
 * blocks of a layout's exact size, kept constructed.
 */
package io.ashlar.slab;
