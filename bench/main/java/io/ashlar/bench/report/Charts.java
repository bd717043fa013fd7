// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.frame.FrameSubject;
import io.ashlar.bench.subject.Peer;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The curves of a group, as SVG; empty where there is nothing to draw a curve through. */
final class Charts {

  private static final int WIDTH = 900;
  private static final int HEIGHT = 440;
  private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 15);
  private static final int[] OTHER_COLORS = {
    0xD35400, 0x2C3E50, 0x6E2C00, 0x117A65, 0x4A235A, 0x7E5109, 0x1B4F72, 0x943126, 0x808B96,
    0x6C3483, 0x0E6251, 0xA04000, 0x5D6D7E, 0x9A7D0A, 0x1A5276, 0x78281F, 0x145A32, 0xAF601A,
  };

  /** In the order of their colors. */
  private static final List<String> FRAME_ALLOCATORS =
      Arrays.stream(FrameSubject.values()).map(FrameSubject::label).toList();

  private static final Color LIVE = new Color(0xD9, 0xDD, 0xE3);
  private static final Color CROWD = new Color(0xC4, 0xC4, 0xC4);

  /** More would make the page heavy, and are not seen. */
  private static final int MOST_POINTS = 300;

  /** Where the maximum stands on an axis of nines. */
  private static final double MOST_NINES = 5;

  private static final List<String> NINES =
      List.of("0 %", "90 %", "99 %", "99.9 %", "99.99 %", "all");

  private static final double MEBIBYTE = 1 << 20;
  private static final double MILLION = 1e6;

  private Charts() {}

  /**
   * Throughput against threads, both logarithmic; the gallery as thin grey lines without names,
   * which are in the table.
   */
  static Optional<byte[]> scalability(Group group) throws IOException {
    XYChart chart = chart(group.title(), "threads", "million operations a second");
    logarithmic(chart.getStyler());
    // The axis counts doublings; its labels are numbers of threads.
    chart.getStyler().setxAxisTickLabelsFormattingFunction(Charts::threadsLabel);
    chart.getStyler().setXAxisTickMarkSpacingHint(WIDTH / 8);
    boolean drawn = false;
    for (String allocator : backToFront(group)) {
      List<Double> doublings = new ArrayList<>();
      List<Double> speeds = new ArrayList<>();
      for (int threads : group.threads()) {
        group
            .at(allocator, threads)
            .flatMap(Entry::opsPerMicro)
            .ifPresent(
                speed -> {
                  doublings.add(Math.log(threads) / Math.log(2));
                  speeds.add(speed);
                });
      }
      // The harness alone is so much faster that the others would share a strip.
      if (doublings.size() > 1 && Roles.of(allocator) != Roles.HARNESS) {
        style(chart.addSeries(name(allocator), doublings, speeds), allocator, true);
        drawn = true;
      }
    }
    return drawn ? Optional.of(svg(chart)) : Optional.empty();
  }

  /** Lines that move for an operation against cores, both logarithmic; where any do. */
  static Optional<byte[]> moves(Group group) throws IOException {
    if (!group.entries().get(0).primary().unit().equals(CoherenceResults.UNIT)) {
      return Optional.empty();
    }
    XYChart chart = chart(group.title(), "cores", "lines that move for an operation");
    logarithmic(chart.getStyler());
    chart.getStyler().setYAxisLogarithmicDecadeOnly(true);
    chart.getStyler().setxAxisTickLabelsFormattingFunction(Charts::threadsLabel);
    chart.getStyler().setXAxisTickMarkSpacingHint(WIDTH / 10);
    boolean drawn = false;
    for (String allocator : group.allocators()) {
      List<Double> doublings = new ArrayList<>();
      List<Double> moves = new ArrayList<>();
      for (int cores : group.threads()) {
        double median = group.at(allocator, cores).map(e -> e.primary().median()).orElse(0.0);
        if (median > 0) {
          doublings.add(Math.log(cores) / Math.log(2));
          moves.add(median);
        }
      }
      if (doublings.size() > 1) {
        XYSeries series = chart.addSeries(name(allocator), doublings, moves);
        style(series, allocator, true);
        if (Roles.of(allocator) == Roles.GALLERY) {
          series.setLineColor(new Color(other(allocator))).setShowInLegend(true);
        }
        drawn = true;
      }
    }
    return drawn ? Optional.of(svg(chart)) : Optional.empty();
  }

  /** The crowd first, so that the others are drawn over it. */
  private static List<String> backToFront(Group group) {
    return group.allocators().stream()
        .sorted(Comparator.comparing(allocator -> Roles.of(allocator) != Roles.GALLERY))
        .toList();
  }

  private static String name(String allocator) {
    return allocator.isEmpty() ? "-" : allocator;
  }

  private static String threadsLabel(double doublings) {
    double rounded = Math.rint(doublings);
    return Math.abs(doublings - rounded) < 1e-6 ? Integer.toString(1 << (int) rounded) : "";
  }

  /** Resident memory over a trace, above the live bytes. */
  static Optional<byte[]> memory(Group group) throws IOException {
    XYChart chart = chart(group.title(), "million operations", "MiB resident");
    chart.getStyler().setYAxisMin(0.0);
    boolean first = true;
    for (String allocator : backToFront(group)) {
      List<long[]> curve =
          group.at(allocator, group.threads().get(0)).map(e -> e.note().curve()).orElse(List.of());
      if (Roles.of(allocator) == Roles.HARNESS || curve.isEmpty()) {
        continue;
      }
      double[] operations = column(curve, 0, MILLION);
      if (first) {
        XYSeries live = chart.addSeries("requested", operations, column(curve, 1, MEBIBYTE));
        live.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
        live.setFillColor(LIVE);
        live.setLineColor(LIVE);
        live.setMarker(SeriesMarkers.NONE);
        first = false;
      }
      double[] resident = column(curve, 2, MEBIBYTE);
      style(chart.addSeries(name(allocator), operations, resident), allocator, false);
    }
    return first ? Optional.empty() : Optional.of(svg(chart));
  }

  private static double[] column(List<long[]> curve, int column, double unit) {
    int every = 1 + curve.size() / MOST_POINTS;
    return IntStream.range(0, curve.size())
        .filter(i -> i % every == 0)
        .mapToDouble(i -> curve.get(i)[column] / unit)
        .toArray();
  }

  /** Time of single calls against the part of calls that take at most as long. */
  static Optional<byte[]> latency(Group group, int threads) throws IOException {
    String of = group.title() + (threads == 1 ? ", 1 thread" : ", " + threads + " threads");
    XYChart chart = chart(of, "calls that take at most as long", "ns");
    logarithmic(chart.getStyler());
    chart.getStyler().setYAxisLogarithmicDecadeOnly(true); // from tens of ns to many ms
    chart.getStyler().setxAxisTickLabelsFormattingFunction(Charts::ninesLabel);
    chart.getStyler().setXAxisTickMarkSpacingHint(WIDTH / 7);
    chart.getStyler().setXAxisMin(0.0).setXAxisMax(MOST_NINES);
    boolean drawn = false;
    for (String allocator : backToFront(group)) {
      Map<Double, Double> latencies =
          group.at(allocator, threads).map(Entry::latencies).orElse(Map.of());
      List<Double> nines = new ArrayList<>();
      List<Double> nanos = new ArrayList<>();
      latencies.forEach(
          (percent, value) -> {
            double at = percent == 100 ? MOST_NINES : -Math.log10(1 - percent / 100);
            if (value > 0 && (at < MOST_NINES - 0.5 || percent == 100)) {
              nines.add(at);
              nanos.add(value);
            }
          });
      if (nines.size() > 1) {
        style(chart.addSeries(name(allocator), nines, nanos), allocator, true);
        drawn = true;
      }
    }
    return drawn ? Optional.of(svg(chart)) : Optional.empty();
  }

  /** Each another: the library seeks steps until all labels differ. */
  private static String ninesLabel(double nines) {
    int whole = (int) Math.rint(nines);
    return Math.abs(nines - whole) < 1e-6 && whole >= 0 && whole < NINES.size()
        ? NINES.get(whole)
        : Double.toString(nines);
  }

  private static void logarithmic(XYStyler styler) {
    styler.setYAxisLogarithmic(true);
    styler.setYAxisLogarithmicDecadeOnly(false);
    styler.setYAxisDecimalPattern("0.######");
  }

  private static XYChart chart(String title, String x, String y) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    XYStyler styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setLegendPosition(LegendPosition.OutsideE);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendFont(TEXT);
    styler.setChartTitleFont(TITLE);
    styler.setAxisTitleFont(TEXT);
    styler.setAxisTickLabelsFont(TEXT);
    styler.setPlotGridLinesColor(new Color(0xE4, 0xE4, 0xE4));
    styler.setMarkerSize(7);
    return chart;
  }

  private static void style(XYSeries series, String allocator, boolean marked) {
    Roles role = Roles.of(allocator);
    Color color = color(allocator);
    series.setLineColor(color);
    series.setMarkerColor(color);
    series.setMarker(marked ? marker(allocator) : SeriesMarkers.NONE);
    series.setShowInLegend(role != Roles.GALLERY);
    float width = role.isJudged() ? 3f : role == Roles.GALLERY ? 0.8f : 1.6f;
    float[] dash = role == Roles.VARIANT ? new float[] {8, 4} : null;
    series.setLineStyle(
        new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dash, 0));
  }

  /** The color that stands for an allocator everywhere. */
  static Color color(String allocator) {
    Roles role = Roles.of(allocator);
    if (role == Roles.GALLERY || role == Roles.HARNESS) {
      return CROWD;
    }
    return new Color(
        switch (role) {
          case OURS -> 0xC0392B;
          case VARIANT -> 0xE67E73;
          case BASELINE -> 0x555555;
          default -> Roles.peer(allocator).map(Charts::color).orElse(other(allocator));
        });
  }

  private static int color(Peer rival) {
    return switch (rival) {
      case GLIBC -> 0x2E86C1;
      case MIMALLOC -> 0x1E8449;
      case JEMALLOC -> 0xB7950B;
      case TCMALLOC -> 0x7D3C98;
      case ARENA -> 0x17A589;
      case NETTY_POOLED -> 0x283593;
      case NETTY_ADAPTIVE -> 0x00838F;
      default -> other(rival.label());
    };
  }

  private static int other(String allocator) {
    int frames = FRAME_ALLOCATORS.indexOf(allocator);
    int number = frames < 0 ? Math.floorMod(allocator.hashCode(), OTHER_COLORS.length) : frames;
    return OTHER_COLORS[number];
  }

  private static Marker marker(String allocator) {
    return switch (Roles.of(allocator)) {
      case OURS -> SeriesMarkers.CIRCLE;
      case BASELINE -> SeriesMarkers.CROSS;
      case RIVAL ->
          switch (Roles.peer(allocator).orElseThrow()) {
            case GLIBC -> SeriesMarkers.SQUARE;
            case MIMALLOC -> SeriesMarkers.DIAMOND;
            case JEMALLOC -> SeriesMarkers.TRIANGLE_UP;
            case TCMALLOC -> SeriesMarkers.TRIANGLE_DOWN;
            default -> SeriesMarkers.NONE;
          };
      default -> SeriesMarkers.NONE;
    };
  }

  private static byte[] svg(XYChart chart) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    VectorGraphicsEncoder.saveVectorGraphic(chart, out, VectorGraphicsFormat.SVG);
    return out.toByteArray();
  }
}
