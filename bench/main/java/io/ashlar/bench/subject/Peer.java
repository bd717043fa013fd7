// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that can be compared: ours, the baseline, the peers, the empty harness; and, where they are
 * asked for by name, the designs of the gallery.
 */
public enum Peer {
  /** The scalable allocator. */
  ASHLAR("ashlar", "AshlarRaw"),
  /** The scalable allocator through the handle of the calling thread. */
  ASHLAR_HANDLE("ashlar-handle", "AshlarHandle", Fit.PAIRS),
  /** The scalable allocator on a memory file. */
  ASHLAR_MEMFD("ashlar-memfd", "AshlarRaw"),
  /** A typed cache of the scalable allocator. */
  SLAB_CACHE("slab-cache", "AshlarSlabCache", Fit.OBJECTS),
  /** Blocks of scattered page frames, mapped side by side. */
  PAGE_MAPPER("page-mapper", "ScatteredPages", Fit.PAGES),
  /** The spin-locked baseline. */
  SPINLOCK("spinlock", "SpinLockBaseline"),
  /** The same under a lock that does nothing but spin. */
  SPINNING("spinlock-spinning", "SpinningBaseline"),
  /** The C library's malloc. */
  GLIBC("glibc", "Glibc"),
  /** mimalloc, loaded at run time. */
  MIMALLOC(
      "mimalloc",
      "Mimalloc",
      "libmimalloc2.0",
      List.of("libmimalloc.so.2", "libmimalloc.so.3", "libmimalloc.so", "libmimalloc.dylib")),
  /** jemalloc, preloaded. */
  JEMALLOC("jemalloc", "Jemalloc", "libjemalloc2", List.of("libjemalloc.so.2")),
  /** tcmalloc, preloaded. */
  TCMALLOC(
      "tcmalloc",
      "Tcmalloc",
      "libtcmalloc-minimal4",
      List.of("libtcmalloc_minimal.so.4", "libtcmalloc.so.4")),
  /** Netty's pooled allocator. */
  NETTY_POOLED("netty-pooled", "NettyPooled"),
  /** Netty's adaptive allocator. */
  NETTY_ADAPTIVE("netty-adaptive", "NettyAdaptive"),
  /** The JDK's confined arena, one for each block. */
  ARENA("arena", "JdkArena", Fit.PAIRS),
  /** The JDK's shared arena. */
  ARENA_SHARED("arena-shared", "JdkSharedArena", Fit.SCOPES),
  /** No allocator: the cost of the harness. */
  NONE("none", "NoAllocator"),

  // The gallery: a line here, and one in Designs.

  /** Bump allocation. */
  BUMP("bump", Fit.PAIRS),
  /** Bump allocation downwards. */
  BUMP_DOWN("bump-down", Fit.PAIRS),
  /** Bump allocation from two ends. */
  BUMP_TWO_ENDED("bump-two-ended", Fit.PAIRS),
  /** A stack of blocks. */
  STACK("stack", Fit.PAIRS),
  /** A list of free ranges that are never merged. */
  LIST("list", Fit.ALL),
  /** A list of free ranges with merging, first fit. */
  LIST_COALESCING("list-coalescing", Fit.ALL),
  /** The same, best fit. */
  LIST_BEST_FIT("list-best-fit", Fit.ALL),
  /** The same, next fit. */
  LIST_NEXT_FIT("list-next-fit", Fit.ALL),
  /** Blocks with headers, first fit. */
  HEADER("header", Fit.ALL),
  /** Blocks with headers, best fit. */
  HEADER_BEST("header-best", Fit.ALL),
  /** Blocks with headers, the first that is good enough. */
  HEADER_GOOD_ENOUGH("header-good-enough", Fit.ALL),
  /** Blocks with headers, first fit by a walk over all of them. */
  HEADER_NO_LIST("header-no-list", Fit.ALL),
  /** Blocks with headers, frees carried out a batch at a time. */
  HEADER_DEFERRED("header-deferred", Fit.ALL),
  /** Blocks with headers, frees carried out by a thread of the allocator's own. */
  HEADER_AGENT("header-agent", Fit.ALL),
  /** Lists of fixed-size blocks in front of blocks with headers. */
  BLOCKS("blocks", Fit.ALL),
  /** The same, filled from the beginning. */
  BLOCKS_FILLED("blocks-filled", Fit.ALL),
  /** The same with short lists. */
  BLOCKS_CAPPED("blocks-capped", Fit.ALL),
  /** The same with four classes to a doubling. */
  BLOCKS_FINER("blocks-finer", Fit.ALL),
  /** A user-space heap below another, over the baseline's design. */
  HEAP("heap", Fit.ALL);

  /** Which workloads an allocator can run. */
  public enum Fit {
    /** All. */
    ALL,
    /** Those alone in which the block freed is the one allocated last. */
    PAIRS,
    /** Those alone that free a scope as a whole. */
    SCOPES,
    /** Those alone in which all blocks are objects of one type. */
    OBJECTS,
    /** Those alone in which all blocks are of many pages. */
    PAGES
  }

  private static final String GALLERY = "Gallery";

  private final String label;
  private final String className;
  private final Fit fit;
  private final String debianPackage;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> libraryNames;

  Peer(String label, Fit fit) {
    this(label, GALLERY, fit);
  }

  Peer(String label, String className) {
    this(label, className, Fit.ALL);
  }

  Peer(String label, String className, Fit fit) {
    this(label, className, fit, "", List.of());
  }

  Peer(String label, String className, String debianPackage, List<String> libraryNames) {
    this(label, className, Fit.ALL, debianPackage, libraryNames);
  }

  Peer(String label, String className, Fit fit, String debianPackage, List<String> libraryNames) {
    this.label = label;
    this.className = className;
    this.fit = fit;
    this.debianPackage = debianPackage;
    this.libraryNames = libraryNames;
  }

  /**
   * Finds a peer by its label.
   *
   * @param label as in {@link #label}
   * @return the peer
   * @throws IllegalArgumentException naming all labels, if there is none
   */
  public static Peer of(String label) {
    return Arrays.stream(values())
        .filter(peer -> peer.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no allocator " + label + "; there are " + Arrays.asList(values())));
  }

  /**
   * The name in parameters and tables.
   *
   * @return it
   */
  public String label() {
    return label;
  }

  /**
   * Which workloads it can run.
   *
   * @return some or all
   */
  public Fit fit() {
    return fit;
  }

  /**
   * Whether it is one of the simpler designs, which are compared only where they are asked for.
   *
   * @return true for those of the gallery
   */
  public boolean isOfGallery() {
    return className.equals(GALLERY);
  }

  /**
   * Whether it sees to threads itself. The others are for one, and run with more under a spin lock.
   *
   * @return false for most of the gallery
   */
  public boolean isForThreads() {
    return !isOfGallery() || this == HEADER_DEFERRED || this == HEADER_AGENT;
  }

  /**
   * Whether it is compared only where it is asked for: the gallery, what differs from another by an
   * option, and what is no allocator for most programs.
   *
   * @return true if it is
   */
  public boolean isOnlyByName() {
    return switch (this) {
      case ASHLAR_MEMFD, PAGE_MAPPER, SPINNING, ARENA_SHARED, NETTY_POOLED, NETTY_ADAPTIVE -> true;
      default -> isOfGallery();
    };
  }

  /**
   * Whether {@link Subject#trim} makes it give all free memory back to the system, if it does not
   * do so at each free. The empty harness counts as one: it shows what the rest of the work is.
   *
   * @return false if it keeps what it likes
   */
  public boolean trims() {
    return switch (this) {
      case ASHLAR, ASHLAR_HANDLE, ASHLAR_MEMFD, PAGE_MAPPER, SPINLOCK, NONE -> true;
      default -> isOfGallery();
    };
  }

  /**
   * The Debian package that brings the peer.
   *
   * @return its name, empty if none is needed
   */
  public String debianPackage() {
    return debianPackage;
  }

  /**
   * Whether the peer can be opened on this machine, in a JVM with {@link #environment}.
   *
   * @return false if its library is not installed
   */
  public boolean isPresent() {
    return libraryNames.isEmpty() || library().isPresent();
  }

  /**
   * The peer's native library.
   *
   * @return its file, if it has one and it is installed
   */
  public Optional<Path> library() {
    return Libraries.find(libraryNames);
  }

  /**
   * Says what to install.
   *
   * @return a line
   */
  public String absence() {
    return label + " is absent; on Debian: apt-get install " + debianPackage;
  }

  Path requireLibrary() {
    return library().orElseThrow(() -> new IllegalStateException(absence()));
  }

  /**
   * What the environment of a JVM must have beyond its parent's for this peer to be opened in it.
   *
   * @return variables and values
   */
  public Map<String, String> environment() {
    return switch (this) {
      case JEMALLOC, TCMALLOC -> Map.of("LD_PRELOAD", requireLibrary().toString());
      default -> Map.of();
    };
  }

  /**
   * Opens the peer: once in a JVM that measures.
   *
   * @param threads how many will call it at the same time: 1, or any larger number
   * @return the allocator
   * @throws IllegalStateException if it is not installed, or the JVM lacks {@link #environment}
   */
  public Subject open(int threads) {
    // By name, and not by a constructor reference: linking one would load all the classes of
    // subjects, and then no call of a workload would be bound to the only one in use.
    if (this == ASHLAR_MEMFD) {
      System.setProperty("ashlar.memfd", "true"); // the one difference, and read as it is opened
    }
    try {
      Class<? extends Subject> type =
          Class.forName(Peer.class.getPackageName() + "." + className).asSubclass(Subject.class);
      return isOfGallery()
          ? type.getDeclaredConstructor(Peer.class, int.class).newInstance(this, threads)
          : type.getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot open " + label, e);
    }
  }

  /**
   * Opens the peer below checks of every call. Not for what is measured.
   *
   * @param threads as for {@link #open}
   * @return the allocator, which throws at the first check that fails
   * @throws IllegalStateException as {@link #open} does
   */
  public Subject openVerified(int threads) {
    if (this == NONE) {
      throw new IllegalArgumentException(NONE + " gives out one block to everybody");
    }
    Subject below = open(threads);
    try { // by name, as above
      return Class.forName(Peer.class.getPackageName() + ".VerifyingSubject")
          .asSubclass(Subject.class)
          .getDeclaredConstructor(Peer.class, Subject.class)
          .newInstance(this, below);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot verify " + label, e);
    }
  }

  /** Whether its blocks are aligned as {@link io.ashlar.Allocator} has it. */
  boolean isBuiltHere() {
    return debianPackage.isEmpty();
  }

  @Override
  public String toString() {
    return label;
  }
}
