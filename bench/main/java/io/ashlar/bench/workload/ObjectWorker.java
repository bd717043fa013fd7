// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.workload;

import io.ashlar.bench.subject.ObjectKind;
import io.ashlar.bench.subject.Subject;
import io.ashlar.memory.Padding;
import org.openjdk.jmh.annotations.CompilerControl;

/** A thread of {@link ObjectReuse}. */
final class ObjectWorker extends Padding {

  private final Subject subject;
  private final ObjectKind kind;
  private final Sequence random;
  private final long[] objects;

  ObjectWorker(Subject subject, ObjectKind kind, int live, int index) {
    this.subject = subject;
    this.kind = kind;
    random = new Sequence(index);
    objects = new long[live];
    for (int i = 0; i < live; i++) {
      objects[i] = take();
    }
  }

  private long take() {
    long object = subject.takeObject(kind);
    kind.use(object, random.next());
    return object;
  }

  /**
   * Replaces an object by a constructed one, uses that, and returns what came of the use.
   *
   * <p>A method of its own in machine code, too: see {@link Workload}.
   */
  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  long step() {
    int i = random.below(objects.length);
    subject.giveBackObject(kind, objects[i]);
    long object = subject.takeObject(kind);
    objects[i] = object;
    return kind.use(object, i);
  }

  void finish() {
    for (long object : objects) {
      subject.giveBackObject(kind, object);
    }
  }
}
