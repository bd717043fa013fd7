// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Caches of loaded and linked classes, one for each class that measures: they halve the start of
 * the many JVMs of a comparison.
 */
final class StartupCache {

  private static final Map<Class<?>, List<String>> READY = new ConcurrentHashMap<>();

  private StartupCache() {}

  /**
   * The JVM arguments that use the cache of a class.
   *
   * @param main the class that measures; started without arguments it does no more than it must to
   *     have loaded its classes
   * @return the arguments; none if the cache cannot be made
   */
  static List<String> of(Class<?> main) {
    return READY.computeIfAbsent(main, StartupCache::make);
  }

  private static List<String> make(Class<?> main) {
    Path jar = Path.of(System.getProperty("java.class.path"));
    Path cache = JvmCell.FOLDER.resolve(main.getSimpleName() + ".aot");
    try {
      if (!Files.isRegularFile(jar)) {
        return List.of();
      }
      boolean current =
          Files.exists(cache)
              && Files.getLastModifiedTime(cache).compareTo(Files.getLastModifiedTime(jar)) > 0;
      if (!current && !train(main, jar, cache)) {
        return List.of();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    // The cache also holds profiles of the run that made it: those of one allocator must not steer
    // the compilation of another.
    return List.of(
        "-XX:AOTCache=" + cache, "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTReplayTraining");
  }

  private static boolean train(Class<?> main, Path jar, Path cache)
      throws IOException, InterruptedException {
    Files.deleteIfExists(cache);
    List<String> command = new ArrayList<>();
    command.add(JvmCell.java());
    command.addAll(JvmCell.ARGUMENTS);
    command.add("-XX:AOTCacheOutput=" + cache);
    command.addAll(List.of("-cp", jar.toString(), main.getName()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor() == 0 && Files.exists(cache);
  }
}
