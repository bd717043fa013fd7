// SPDX-License-Identifier: Apache-2.0
/**
 * Page frames of 4 KiB: what the library knows of each frame, kept outside the frames, and
 * allocators of runs of frames.
 */
package io.ashlar.frame;
