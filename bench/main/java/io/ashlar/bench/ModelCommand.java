// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench;

import io.ashlar.bench.report.Results;
import io.ashlar.bench.report.ResultsFile;
import io.ashlar.bench.report.Scaling;
import io.ashlar.bench.report.ScalingModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Fits the scaling model to files of results. */
@Command(
    name = "model",
    description = {
      "Fits Gunther's Universal Scalability Law to throughput against threads:",
      "X(N) = lambda N / (1 + sigma (N-1) + kappa N (N-1)).",
      "Only points with no more threads than processors are scaling; the others are marked."
    },
    mixinStandardHelpOptions = true)
final class ModelCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..*",
      paramLabel = "FILE",
      description =
          "Files of results; what the last bench/run and bench/run full left if not given.")
  private List<Path> files = List.of();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    for (Path file : ReportCommand.chosen(files)) {
      Results results = ResultsFile.read(file);
      List<Scaling> scalings = Scaling.of(results);
      out.println(file + ": " + Scaling.processors(results));
      if (scalings.isEmpty()) {
        out.println("nothing in it has " + ScalingModel.MIN_POINTS + " numbers of threads");
      }
      scalings.forEach(scaling -> print(scaling, out));
    }
    out.flush();
    return 0;
  }

  private static void print(Scaling scaling, PrintWriter out) {
    ScalingModel model = scaling.model();
    out.printf(
        Locale.ROOT,
        "%n%s, %s: lambda %.4g million/s, sigma %.4f, kappa %.6f; %s%n",
        scaling.title(),
        scaling.allocator(),
        model.lambda(),
        model.sigma(),
        model.kappa(),
        Double.isInfinite(model.peak())
            ? "never falls"
            : String.format(Locale.ROOT, "most at %.1f threads", model.peak()));
    if (!model.tellsScaling()) {
      out.println("  fitted to points beyond the processors: describes the curve, not scaling");
    }
    out.printf("  %8s %12s %12s %9s%n", "threads", "measured", "model", "residual");
    model
        .points()
        .forEach(
            (n, speed) ->
                out.printf(
                    Locale.ROOT,
                    "  %8d %12.4g %12.4g %+8.1f%%%s%s%n",
                    n,
                    speed,
                    model.throughput(n),
                    100 * model.residual(n),
                    model.isReal(n) ? "" : "  * more threads than processors",
                    model.fitted().contains(n) ? "" : ", not fitted"));
  }
}
