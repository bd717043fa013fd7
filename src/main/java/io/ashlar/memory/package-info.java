// SPDX-License-Identifier: Apache-2.0
/** Raw and atomic access to native words, bits, padding, the spin lock. Not exported. */
package io.ashlar.memory;
