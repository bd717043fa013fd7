// SPDX-License-Identifier: Apache-2.0
/**
 * The soak: random operations from many threads, each block filled with a pattern that only its
 * owner knows, and all structures checked now and then.
 */
package io.ashlar.stress.soak;
