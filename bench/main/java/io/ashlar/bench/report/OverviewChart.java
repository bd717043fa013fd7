// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A line for each workload and on it a dot for each allocator, at its time relative to that of the
 * best peer, on a logarithmic axis.
 */
final class OverviewChart {

  private static final int WIDTH = 900;
  private static final int LEFT = 345;
  private static final int RIGHT = 20;
  private static final int LINE = 21;
  private static final double[] TICKS = {0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 100, 1000};
  private static final int LEGEND_COLUMN = 125;

  /** What lies beyond is drawn at the edge. */
  private static final double LEAST = 0.05;

  private static final double MOST = 40;

  private final Overview overview;
  private final int threads;
  private final StringBuilder svg = new StringBuilder();
  private double least = 0.5;
  private double most = 2;

  private OverviewChart(Overview overview, int threads) {
    this.overview = overview;
    this.threads = threads;
  }

  static byte[] of(Overview overview, int threads) {
    return new OverviewChart(overview, threads).draw().getBytes(StandardCharsets.UTF_8);
  }

  private String draw() {
    List<Group> rows = new ArrayList<>(overview.groups());
    rows.removeIf(group -> group.best(threads).isEmpty());
    List<String> allocators = new ArrayList<>(overview.allocators());
    allocators.removeIf(
        label -> Roles.of(label) == Roles.HARNESS || overview.ratios(label, threads).isEmpty());
    for (String allocator : allocators) {
      for (double ratio : overview.ratios(allocator, threads).values()) {
        least = Math.max(LEAST, Math.min(least, ratio / 1.1));
        most = Math.min(MOST, Math.max(most, ratio * 1.1));
      }
    }
    int columns = (WIDTH - RIGHT) / LEGEND_COLUMN;
    List<String> named =
        allocators.stream().filter(label -> Roles.of(label) != Roles.GALLERY).toList();
    boolean crowd = named.size() < allocators.size();
    int legend = 22 + 20 * ((named.size() + (crowd ? 1 : 0) + columns - 1) / columns);
    int height = legend + rows.size() * LINE + 45;
    svg.append(
        String.format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">%n",
            WIDTH, height, WIDTH, height));
    legend(named, crowd, columns);
    axis(legend, legend + rows.size() * LINE);
    // The crowd first, and ours over all others.
    for (int i = allocators.size(); i-- > 0; ) {
      dots(allocators.get(i), rows, legend);
    }
    for (int i = 0; i < rows.size(); i++) {
      text(LEFT - 10, legend + i * LINE + 15, "end", rows.get(i).title());
    }
    return svg.append("</svg>\n").toString();
  }

  private void legend(List<String> named, boolean crowd, int columns) {
    for (int i = 0; i < named.size() + (crowd ? 1 : 0); i++) {
      boolean isCrowd = i == named.size();
      int x = 10 + i % columns * LEGEND_COLUMN;
      int y = 15 + i / columns * 20;
      dot(x, y, isCrowd ? "" : named.get(i), isCrowd);
      text(x + 10, y + 5, "start", isCrowd ? "gallery" : named.get(i));
    }
  }

  private void axis(int top, int bottom) {
    for (double tick : TICKS) {
      if (tick < least || tick > most) {
        continue;
      }
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>%n",
              x(tick),
              x(tick),
              top,
              bottom + 4,
              tick == 1 ? "#222" : "#ddd"));
      text(x(tick), bottom + 19, "middle", Double.toString(tick).replaceAll("\\.0$", ""));
    }
    text(
        (LEFT + WIDTH) / 2.0,
        bottom + 38,
        "middle",
        "time relative to the best peer, "
            + threads
            + (threads == 1 ? " thread" : " threads")
            + " (left of 1: faster)");
  }

  private void dots(String allocator, List<Group> rows, int top) {
    Map<Group, Double> ratios = overview.ratios(allocator, threads);
    for (int i = 0; i < rows.size(); i++) {
      Double ratio = ratios.get(rows.get(i));
      if (ratio != null) {
        double at = Math.min(Math.max(ratio, least), most);
        dot(x(at), top + i * LINE + 10, allocator, Roles.of(allocator) == Roles.GALLERY);
      }
    }
  }

  private void dot(double x, double y, String allocator, boolean crowd) {
    double radius = crowd ? 2.5 : Roles.of(allocator) == Roles.OURS ? 6.5 : 4.5;
    String color =
        crowd ? "#c4c4c4" : String.format("#%06x", Charts.color(allocator).getRGB() & 0xFFFFFF);
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\".85\"/>%n",
            x,
            y,
            radius,
            color));
  }

  private void text(double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
            x,
            y,
            anchor,
            HtmlReport.escape(text)));
  }

  private double x(double ratio) {
    double part = Math.log(ratio / least) / Math.log(most / least);
    return LEFT + part * (WIDTH - RIGHT - LEFT);
  }
}
