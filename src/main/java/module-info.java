// SPDX-License-Identifier: Apache-2.0

/**
 * Ashlar: a scalable memory allocator for native memory.
 *
 * <p>Run with {@code --enable-native-access=io.ashlar} (or {@code ALL-UNNAMED} on the class path).
 */
// Agrona has a reserved module name but no descriptor; it does not appear in the exported packages.
@SuppressWarnings("requires-automatic")
module io.ashlar {
  requires org.agrona;
  requires org.jctools.core.jdk11;

  exports io.ashlar;
  exports io.ashlar.classic;
  exports io.ashlar.frame;
  exports io.ashlar.region;
  exports io.ashlar.slab;
}
