// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.replay.MtraceConverter;
import io.ashlar.bench.replay.MtraceConverter.Summary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes traces of other programs' records. */
@Command(
    name = "convert",
    description = "Makes a trace for bench/run replay of what glibc's mtrace(3) writes.",
    footer = {
      "",
      "To make such a file of a program that calls mtrace(), with glibc 2.34 or later:",
      "  MALLOC_TRACE=prog.mtrace LD_PRELOAD=libc_malloc_debug.so.0 ./prog",
      "For one that does not, have it called first:",
      "  echo '#include <mcheck.h>' > on.c",
      "  echo '__attribute__((constructor)) void on(void) { mtrace(); }' >> on.c",
      "  gcc -shared -fPIC -o on.so on.c",
      "  MALLOC_TRACE=prog.mtrace LD_PRELOAD='libc_malloc_debug.so.0 ./on.so' ./prog",
      "",
      "What mtrace does not write cannot be in the trace: all calls are of one thread, a calloc and "
          + "an aligned allocation are a malloc, and a resize to nothing is a free. A child process "
          + "writes into the same file: its calls cannot be told from its parent's.",
    },
    mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {

  private static final String SUFFIX = ".trace.gz";

  @Parameters(paramLabel = "MTRACE-FILE", description = "What mtrace wrote.")
  private Path text;

  @Option(
      names = "-o",
      paramLabel = "FILE" + SUFFIX,
      description = "The trace; default: named after what is converted, and beside it.")
  private Path trace;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (!Files.isReadable(text) || Files.isDirectory(text)) {
      throw new IllegalArgumentException("cannot read " + text);
    }
    Path file = trace == null ? text.resolveSibling(stem(text) + SUFFIX) : trace;
    print(file, MtraceConverter.convert(text, file));
    return 0;
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  private void print(Path file, Summary s) {
    line(
        s.operations(),
        "operations on %,d objects, at most %,d bytes live, %,d objects never freed: %s",
        s.objects(),
        s.peakLiveBytes(),
        s.neverFreed(),
        file);
    line(s.unknownFrees(), "frees of blocks that were not seen allocated, left out");
    line(s.unknownResizes(), "resizes of such blocks, taken for allocations");
    line(s.failures(), "calls that got no memory, left out");
    line(s.tooLarge(), "allocations of 4 GiB or more, left out");
    line(
        s.overlaps(),
        "allocations where another block was still live, as when a thread resizes that one");
    line(s.notUnderstood(), "lines not understood");
  }

  private void line(long count, String text, Object... numbers) {
    PrintWriter out = spec.commandLine().getOut();
    if (count > 0) {
      out.printf(Locale.ROOT, "%,d ", count);
      out.printf(Locale.ROOT, text + "%n", numbers);
      out.flush();
    }
  }
}
