// SPDX-License-Identifier: Apache-2.0
/**
 * Classic designs: the allocators that the scalable one is compared with, and what makes any of
 * them safe for threads.
 */
package io.ashlar.classic;
