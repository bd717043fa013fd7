// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.report;

import io.ashlar.bench.replay.Replays;
import io.ashlar.bench.subject.Peer;
import io.ashlar.bench.workload.WorkloadName;
import io.ashlar.bench.workload.WorkloadSeries;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

/** The curves of a comparison, as SVG. */
final class Charts {

  private static final int WIDTH = 900;
  private static final int HEIGHT = 440;
  private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 15);
  private static final int[] GALLERY_COLORS = {
    0xD35400, 0x2C3E50, 0x6E2C00, 0x117A65, 0x4A235A, 0x7E5109, 0x1B4F72, 0x943126,
  };
  private static final Color LIVE = new Color(0xD9, 0xDD, 0xE3);

  /** More would make the page heavy, and are not seen. */
  private static final int MOST_POINTS = 300;

  private static final double MEBIBYTE = 1 << 20;
  private static final double MILLION = 1e6;

  private final Comparison comparison;

  Charts(Comparison comparison) {
    this.comparison = comparison;
  }

  /** Throughput against threads, both logarithmic. */
  byte[] scalability(WorkloadName workload) throws IOException {
    XYChart chart = chart(workload.label(), "threads", "million operations a second");
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmicDecadeOnly(false);
    chart.getStyler().setYAxisDecimalPattern("0.###");
    // The axis counts doublings; its labels are numbers of threads.
    chart.getStyler().setxAxisTickLabelsFormattingFunction(Charts::threadsLabel);
    chart.getStyler().setXAxisTickMarkSpacingHint(WIDTH / 8);
    for (Peer peer : comparison.peers(workload)) {
      if (peer == Peer.NONE) {
        continue; // the harness alone is so much faster that the others would share a strip
      }
      List<Double> doublings = new ArrayList<>();
      List<Double> speeds = new ArrayList<>();
      for (int threads : comparison.threads()) {
        Optional<WorkloadSeries> series = comparison.series(workload, peer, threads);
        series.ifPresent(
            s -> {
              doublings.add(Math.log(threads) / Math.log(2));
              speeds.add(s.median());
            });
      }
      style(chart.addSeries(peer.label(), doublings, speeds), peer, marker(peer));
    }
    return svg(chart);
  }

  private static String threadsLabel(double doublings) {
    double rounded = Math.rint(doublings);
    return Math.abs(doublings - rounded) < 1e-6 ? Integer.toString(1 << (int) rounded) : "";
  }

  /** Resident memory over a trace, above the live bytes. */
  byte[] memory(String title, List<Replays> group) throws IOException {
    XYChart chart = chart(title, "million operations", "MiB resident");
    chart.getStyler().setYAxisMin(0.0);
    boolean first = true;
    for (Replays series : group) {
      if (series.peer() == Peer.NONE || series.curve().isEmpty()) {
        continue;
      }
      double[] operations = column(series, 0, MILLION);
      if (first) {
        XYSeries live = chart.addSeries("requested", operations, column(series, 1, MEBIBYTE));
        live.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
        live.setFillColor(LIVE);
        live.setLineColor(LIVE);
        live.setMarker(SeriesMarkers.NONE);
        first = false;
      }
      double[] resident = column(series, 2, MEBIBYTE);
      style(
          chart.addSeries(series.peer().label(), operations, resident),
          series.peer(),
          SeriesMarkers.NONE);
    }
    return svg(chart);
  }

  private static double[] column(Replays series, int column, double unit) {
    List<long[]> curve = series.curve();
    int every = 1 + curve.size() / MOST_POINTS;
    return IntStream.range(0, curve.size())
        .filter(i -> i % every == 0)
        .mapToDouble(i -> curve.get(i)[column] / unit)
        .toArray();
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

  private static void style(XYSeries series, Peer peer, Marker marker) {
    series.setLineColor(color(peer));
    series.setMarkerColor(color(peer));
    series.setMarker(marker);
    boolean ours = peer == Peer.ASHLAR || peer == Peer.ASHLAR_HANDLE;
    float width = ours ? 3f : 1.6f;
    float[] dash =
        switch (peer) {
          case ASHLAR_HANDLE -> new float[] {8, 4};
          case NONE -> new float[] {2, 4};
          default -> null;
        };
    series.setLineStyle(
        new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dash, 0));
  }

  private static Color color(Peer peer) {
    return new Color(
        switch (peer) {
          case ASHLAR, ASHLAR_HANDLE -> 0xC0392B;
          case SPINLOCK -> 0x555555;
          case GLIBC -> 0x2E86C1;
          case MIMALLOC -> 0x1E8449;
          case JEMALLOC -> 0xB7950B;
          case TCMALLOC -> 0x7D3C98;
          case ARENA -> 0x17A589;
          case NONE -> 0xAAAAAA;
          default -> GALLERY_COLORS[Math.floorMod(peer.label().hashCode(), GALLERY_COLORS.length)];
        });
  }

  private static Marker marker(Peer peer) {
    return switch (peer) {
      case ASHLAR -> SeriesMarkers.CIRCLE;
      case SPINLOCK -> SeriesMarkers.CROSS;
      case GLIBC -> SeriesMarkers.SQUARE;
      case MIMALLOC -> SeriesMarkers.DIAMOND;
      case JEMALLOC -> SeriesMarkers.TRIANGLE_UP;
      case TCMALLOC -> SeriesMarkers.TRIANGLE_DOWN;
      default -> SeriesMarkers.NONE;
    };
  }

  private static byte[] svg(XYChart chart) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    VectorGraphicsEncoder.saveVectorGraphic(chart, out, VectorGraphicsFormat.SVG);
    return out.toByteArray();
  }
}
