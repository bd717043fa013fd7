// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds shared libraries in the folders where systems keep them. */
@SuppressWarnings("restricted")
final class Libraries {

  private static final List<Path> FOLDERS = folders();

  private Libraries() {}

  /**
   * Finds a library.
   *
   * @param fileNames names it may have, best first
   * @return its file, if it is installed
   */
  static Optional<Path> find(List<String> fileNames) {
    for (String name : fileNames) {
      for (Path folder : FOLDERS) {
        Path file = folder.resolve(name);
        if (Files.isReadable(file)) {
          return Optional.of(file);
        }
      }
    }
    return Optional.empty();
  }

  static SymbolLookup lookup(Path library) {
    return SymbolLookup.libraryLookup(library, Arena.global());
  }

  private static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    for (String variable : List.of("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")) {
      String value = System.getenv().getOrDefault(variable, "");
      for (String folder : value.split(File.pathSeparator, -1)) {
        if (!folder.isEmpty()) {
          folders.add(Path.of(folder));
        }
      }
    }
    for (String root : List.of("/usr/local/lib", "/usr/lib", "/lib")) {
      folders.addAll(multiarch(Path.of(root)));
    }
    for (String folder :
        List.of(
            "/usr/local/lib64", "/usr/lib64", "/lib64", "/opt/homebrew/lib", "/opt/local/lib")) {
      folders.add(Path.of(folder));
    }
    return folders;
  }

  /** The folder itself and its subfolders per architecture, as Debian has them. */
  private static List<Path> multiarch(Path root) {
    List<Path> folders = new ArrayList<>();
    if (Files.isDirectory(root)) {
      String architecture = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
      try (DirectoryStream<Path> found =
          Files.newDirectoryStream(root, architecture + "-linux-*")) {
        found.forEach(folders::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      folders.add(root);
    }
    return folders;
  }
}
