// SPDX-License-Identifier: Apache-2.0
/** What each design fails at, in figures. */
package io.ashlar.bench.faults;
