// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.ashlar.memory.Padding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.FieldLayout;
import org.openjdk.jol.layouters.CurrentLayouter;

/**
 * Proves for every class that is padded, from the layout that a virtual machine gives it, that no
 * other object's fields lie within {@link Padding#BYTES} of its hot ones. In machines of their own,
 * for each way in which they lay objects out, and because JOL needs what the library does without.
 */
class PaddingTest {

  /** A class without padding, which must not pass. */
  static final class Unpadded {
    @SuppressWarnings("unused")
    private long hot;
  }

  /** The classes that are padded and can be made: their superclasses are parts of them. */
  private static List<String> padded;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-XX:+UseCompressedOops",
        "-XX:-UseCompressedOops",
        "-XX:+UseCompactObjectHeaders",
        "-XX:ObjectAlignmentInBytes=16",
      })
  void hotFieldsAreAlone(String layout) throws IOException, InterruptedException {
    List<String> classes = new ArrayList<>(padded);
    classes.add(Unpadded.class.getName());
    List<String> expected = new ArrayList<>();
    padded.forEach(name -> expected.add(name + " alone"));
    expected.add(Unpadded.class.getName() + " not alone: hot");
    assertThat(layOut(layout, classes)).containsExactlyElementsOf(expected);
  }

  @BeforeAll
  static void findPaddedClasses() {
    padded =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.ashlar")
                .stream()
                .filter(type -> type.isAssignableTo(Padding.class))
                .filter(type -> type.getSubclasses().isEmpty())
                .map(JavaClass::getName)
                .toList();
    assertThat(padded).isNotEmpty();
  }

  private static List<String> layOut(String layout, List<String> classes)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+IgnoreUnrecognizedVMOptions",
            layout,
            "-Xmx64m",
            "-Xshare:auto",
            "-Xlog:disable",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djol.skipDynamicAttach=true",
            "-Djol.skipInstalledAttach=true",
            "-Djol.skipHotspotSAAttach=true",
            "-cp",
            System.getProperty("java.class.path"),
            PaddingTest.class.getName()));
    command.addAll(classes);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS"); // of which the JVM would speak
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.lines().filter(line -> line.startsWith("io.ashlar")).toList();
  }

  /**
   * Says of each class whether its hot fields are alone.
   *
   * @param classes their names
   * @throws ClassNotFoundException if there is no such class
   */
  public static void main(String[] classes) throws ClassNotFoundException {
    for (String name : classes) {
      ClassLayout layout = ClassLayout.parseClass(Class.forName(name), new CurrentLayouter());
      List<String> crowded =
          hotFields(layout).filter(f -> !isAlone(f, layout)).map(FieldLayout::name).toList();
      boolean alone = crowded.isEmpty() && hotFields(layout).count() > 0;
      System.out.println(name + (alone ? " alone" : " not alone: " + String.join(", ", crowded)));
    }
  }

  private static boolean isAlone(FieldLayout field, ClassLayout layout) {
    return field.offset() >= Padding.BYTES
        && layout.instanceSize() - field.offset() - field.size() >= Padding.BYTES;
  }

  /** All but the fillers, which are named p0, p1 … or b00, b01 …. */
  private static Stream<FieldLayout> hotFields(ClassLayout layout) {
    return layout.fields().stream()
        .filter(field -> !field.name().matches("p[0-9a-f]|b[0-9a-f]{2}"));
  }
}
