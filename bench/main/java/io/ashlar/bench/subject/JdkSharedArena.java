// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.lang.foreign.Arena;

/** The JDK's shared arena, for scopes alone: any thread may use what is allocated in it. */
final class JdkSharedArena extends NoBlocks {

  @Override
  public Arena arena() {
    return Arena.ofShared();
  }
}
