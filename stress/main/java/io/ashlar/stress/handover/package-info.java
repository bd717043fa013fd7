// SPDX-License-Identifier: Apache-2.0
/**
 * JCStress tests of each hand-over between threads. Beside each stand its negative controls, nested
 * classes whose names begin with {@code Control}: the same test with the fault put in that the
 * code's synchronization is there to prevent. A control passes for JCStress only if that fault
 * cannot be seen; {@code stress/run controls} demands that each is seen.
 *
 * <p>A processor that keeps stores in order, as x86 does, hides a release that is missing. Where
 * that is the fault, the control does in the program's text what another processor, or a compiler,
 * would be allowed to do.
 */
package io.ashlar.stress.handover;
