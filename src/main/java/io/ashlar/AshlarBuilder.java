// SPDX-License-Identifier: Apache-2.0
package io.ashlar;

import io.ashlar.memory.Bits;
import io.ashlar.region.PosixVirtualMemory;
import io.ashlar.region.Region;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Options of the scalable allocator. Each is also the system property {@code ashlar.<option>}, read
 * when the builder is made: sizes in bytes with an optional {@code k}, {@code m}, {@code g} or
 * {@code t}, durations in ISO-8601 ({@code PT0.5S}). Not thread-safe.
 */
public final class AshlarBuilder {

  /** Runs begin at multiples of their length only if the region begins at one of the longest's. */
  private static final long REGION_ALIGNMENT = 32L << 20;

  private static final long MIN_CAPACITY = 64L << 10;

  /** Frames are numbered by {@code int}s. */
  private static final long MAX_CAPACITY = 4L << 40;

  private static final long MIN_DEFAULT_CAPACITY = 16L << 30;

  /** A portable region is resident as a whole, so it is small unless told otherwise. */
  private static final long PORTABLE_CAPACITY = 256L << 20;

  /** Platform threads that have caches of their own; those beyond share, as virtual ones do. */
  private static final int MAX_THREADS = 1 << 16;

  private static final int SHARDS_PER_PROCESSOR = 4;
  private static final int MAX_SHARDS = 256;

  private static final Duration DEFAULT_PURGE_DELAY = Duration.ofMillis(250);

  // Where nothing is chosen 0 or null.
  private long capacity;
  private long limit;
  private int shards;
  private Duration purgeDelay;
  private Hardening hardening = Hardening.STANDARD;
  private boolean hugePages;
  private boolean portable = !PosixVirtualMemory.available();
  private boolean memfd;
  private Region.Commitment commitment = Region.Commitment.LAZY;
  private Consumer<? super Throwable> errorHandler = AshlarBuilder::report;

  AshlarBuilder() {
    property("capacity", value -> capacity(bytes(value)));
    property("limit", value -> limit(bytes(value)));
    property("shards", value -> shards(Integer.parseInt(value)));
    property("hardening", value -> hardening(Hardening.valueOf(value.toUpperCase(Locale.ROOT))));
    property("purgeDelay", value -> purgeDelay(Duration.parse(value)));
    property("hugePages", value -> hugePages(Boolean.parseBoolean(value)));
    property("portable", value -> portable(Boolean.parseBoolean(value)));
    property("memfd", value -> memfd(Boolean.parseBoolean(value)));
    property(
        "commitment",
        value -> commitment(Region.Commitment.valueOf(value.toUpperCase(Locale.ROOT))));
  }

  private static void property(String option, Consumer<String> setter) {
    String name = "ashlar." + option;
    String value = System.getProperty(name);
    if (value == null) {
      return;
    }
    try {
      setter.accept(value);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("system property " + name + "=" + value, e);
    }
  }

  private static long bytes(String value) {
    int unit = "kmgt".indexOf(Character.toLowerCase(value.charAt(value.length() - 1)));
    String digits = unit < 0 ? value : value.substring(0, value.length() - 1);
    return Math.multiplyExact(Long.parseLong(digits), 1L << (10 * (unit + 1)));
  }

  /** The default error handler: an error that nobody looks at is not swallowed. */
  private static void report(Throwable error) {
    System.getLogger("io.ashlar")
        .log(System.Logger.Level.ERROR, "an error that no call could throw", error);
  }

  /**
   * Address space to reserve for blocks. It costs nothing until it is used. Default: twice the
   * physical memory, at least 16 GiB.
   *
   * @param bytes 64 KiB … 4 TiB, rounded up to a multiple of 64 KiB
   * @return this
   * @throws IllegalArgumentException if it is out of range
   */
  public AshlarBuilder capacity(long bytes) {
    if (bytes < 1 || bytes > MAX_CAPACITY) {
      throw new IllegalArgumentException("capacity " + bytes);
    }
    capacity = Bits.alignUp(bytes, MIN_CAPACITY);
    return this;
  }

  /**
   * Most bytes that slabs, runs and mappings may have together; beyond, memory is out. Default: the
   * capacity.
   *
   * @param bytes 1 or more
   * @return this
   * @throws IllegalArgumentException if it is below 1
   */
  public AshlarBuilder limit(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("limit " + bytes);
    }
    limit = bytes;
    return this;
  }

  /**
   * Number of shards. Threads beyond that number share them. Default: four for each processor.
   *
   * @param count 1 … 256
   * @return this
   * @throws IllegalArgumentException if it is out of range
   */
  public AshlarBuilder shards(int count) {
    if (count < 1 || count > MAX_SHARDS) {
      throw new IllegalArgumentException("shards " + count);
    }
    shards = count;
    return this;
  }

  /**
   * How much is done to find errors of users. Default: {@link Hardening#STANDARD}.
   *
   * @param level the level
   * @return this
   */
  public AshlarBuilder hardening(Hardening level) {
    hardening = Objects.requireNonNull(level);
    return this;
  }

  /**
   * How long memory must have been free before it is given back to the system unasked: at least so
   * long, and while calls go on not much over twice as long; but at once where the allocator needs
   * more pages than ever before, and of those in use more than an eighth again is free. Default:
   * 250 ms; for ever, and then not at all, if the commitment is {@link Region.Commitment#EAGER}.
   *
   * @param delay 0 or more
   * @return this
   * @throws IllegalArgumentException if it is negative
   */
  public AshlarBuilder purgeDelay(Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("purgeDelay " + delay);
    }
    purgeDelay = delay;
    return this;
  }

  /**
   * Whether the system is asked to use huge pages for the region. Default: no.
   *
   * @param on whether it is
   * @return this
   */
  public AshlarBuilder hugePages(boolean on) {
    hugePages = on;
    return this;
  }

  /**
   * Whether to do without the system's calls: the region is then an {@link
   * java.lang.foreign.Arena}'s, resident as a whole, never given back while the allocator lives,
   * and there are no blocks of more than 32 MiB. Default: only where there are no such calls.
   *
   * @param on whether to
   * @return this
   */
  public AshlarBuilder portable(boolean on) {
    portable = on || !PosixVirtualMemory.available();
    return this;
  }

  /**
   * Whether blocks lie in a file in memory that has no name, rather than in anonymous memory. Then
   * a large block of up to 32 MiB for which no run of frames is free is made of scattered ones,
   * which are mapped side by side: it succeeds as long as there are frames. The price: the first
   * touch of a page takes longer, such a block more system calls and one of the process's mappings
   * for each run in it, and the memory is the system's shared kind, as {@link Region#reserveMemfd}
   * says; after {@code fork(2)} parent and child share it. Default: no.
   *
   * @param on whether they do; where the system has no such files (Linux has), and together with
   *     {@link #portable}, {@link #build} throws {@link UnsupportedOperationException}
   * @return this
   */
  public AshlarBuilder memfd(boolean on) {
    memfd = on;
    return this;
  }

  /**
   * When the region's memory is committed. Default: {@link Region.Commitment#LAZY}, by touch. With
   * {@link Region.Commitment#EAGER} it stays committed until {@link Ashlar#trim} is called, unless
   * a {@link #purgeDelay} is set as well.
   *
   * @param when when
   * @return this
   */
  public AshlarBuilder commitment(Region.Commitment when) {
    commitment = Objects.requireNonNull(when);
    return this;
  }

  /**
   * What is told of errors that cannot be thrown to who made them: an {@link InvalidFreeException}
   * of a block freed twice by different threads; what destructors of typed caches throw in a call
   * of this allocator; a {@link io.ashlar.region.SystemCallException} if the system refuses to take
   * free memory back that it was given unasked. It is called by whichever thread finds out, with no
   * lock held that a call of the allocator needs.
   *
   * <p>That thread's call has its result whatever the handler does: what the handler throws goes to
   * the thread's {@linkplain Thread#getUncaughtExceptionHandler uncaught-exception handler}, and
   * what that throws is ignored, as at the end of a thread.
   *
   * <p>Default: errors are logged to {@code io.ashlar}.
   *
   * @param handler the handler
   * @return this
   */
  public AshlarBuilder errorHandler(Consumer<? super Throwable> handler) {
    errorHandler = Objects.requireNonNull(handler);
    return this;
  }

  /**
   * Makes the allocator.
   *
   * @return a new allocator
   * @throws io.ashlar.region.SystemCallException if the address space cannot be had
   * @throws UnsupportedOperationException if {@link #memfd} is asked for and cannot be had
   */
  public Ashlar build() {
    return ScalableAllocator.create(this);
  }

  Region reserve() {
    Region region = reserveRegion();
    if (hugePages) {
      try {
        adviseHugePages(region);
      } catch (Throwable e) {
        region.close();
        throw e;
      }
    }
    return region;
  }

  private Region reserveRegion() {
    if (memfd) {
      if (portable) {
        throw new UnsupportedOperationException(
            "memfd needs the system's calls, which a portable allocator does without");
      }
      return Region.reserveMemfd(reservedBytes(), REGION_ALIGNMENT, commitment);
    }
    return portable
        ? Region.reservePortable(reservedBytes(), REGION_ALIGNMENT, commitment)
        : Region.reserve(reservedBytes(), REGION_ALIGNMENT, commitment);
  }

  /** Refused where the system has none: then ordinary pages it is. */
  private static void adviseHugePages(Region region) {
    boolean granted = region.adviseHugePages(true);
    System.getLogger("io.ashlar")
        .log(System.Logger.Level.DEBUG, "huge pages {0}", granted ? "advised" : "refused");
  }

  private long reservedBytes() {
    if (capacity != 0) {
      return capacity;
    }
    if (portable) {
      return PORTABLE_CAPACITY;
    }
    long twice = 2 * Region.physicalMemory();
    return Math.clamp(1L << Bits.ceilLog2(twice), MIN_DEFAULT_CAPACITY, MAX_CAPACITY);
  }

  long limit() {
    return limit != 0 ? limit : reservedBytes();
  }

  int shards() {
    int wanted = SHARDS_PER_PROCESSOR * Runtime.getRuntime().availableProcessors();
    return shards != 0 ? shards : Math.min(wanted, MAX_SHARDS);
  }

  int threads() {
    return MAX_THREADS;
  }

  Hardening hardening() {
    return hardening;
  }

  /** Saturated: a delay of centuries is never. */
  long purgeDelayNanos() {
    Duration never = Duration.ofNanos(Long.MAX_VALUE);
    Duration unless = commitment == Region.Commitment.EAGER ? never : DEFAULT_PURGE_DELAY;
    Duration delay = purgeDelay != null ? purgeDelay : unless;
    return delay.compareTo(never) < 0 ? delay.toNanos() : Long.MAX_VALUE;
  }

  Consumer<? super Throwable> errorHandler() {
    return errorHandler;
  }
}
