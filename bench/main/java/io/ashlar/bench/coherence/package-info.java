// SPDX-License-Identifier: Apache-2.0
/**
 * What cores would do to each other's caches: real code runs on virtual cores that take turns, and
 * each access that it makes goes through a model of lines.
 */
package io.ashlar.bench.coherence;
