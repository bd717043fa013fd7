// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import io.ashlar.bench.subject.RawMemory;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Loads the library, its queues and collections, and the workloads once more, so that all accesses
 * of the allocators and those of the workloads to blocks are traced ({@link TraceRewriter}). What
 * workloads do with memory of their own is not.
 */
final class TracingLoader extends ClassLoader {

  private static final String BENCH = "io.ashlar.bench.";
  private static final String HERE = Trace.class.getPackageName() + ".";
  private static final List<String> LOADED =
      List.of("io.ashlar.", "org.jctools.", "org.agrona.collections.");

  TracingLoader() {
    super("tracing", TracingLoader.class.getClassLoader());
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    boolean own = !name.startsWith(HERE) && LOADED.stream().anyMatch(name::startsWith);
    if (!own) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = in.readAllBytes();
      boolean traced = !name.startsWith(BENCH) || name.equals(RawMemory.class.getName());
      byte[] code = traced ? TraceRewriter.rewrite(bytes) : bytes;
      return defineClass(name, code, 0, code.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
