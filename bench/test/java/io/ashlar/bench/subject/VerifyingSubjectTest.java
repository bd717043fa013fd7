// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Each fault an allocator can have is found, and none where there is none. */
class VerifyingSubjectTest {

  private static final int BLOCKS = 200;

  /** What a program does with an allocator, as far as a subject can. */
  private static void exercise(Subject subject) {
    long[] blocks = new long[BLOCKS];
    for (int i = 0; i < 5_000; i++) {
      int at = i * 7 % BLOCKS;
      int bytes = 1 + i * 31 % 700;
      if (i % 3 == 0 && blocks[at] != 0) {
        blocks[at] = subject.realloc(blocks[at], bytes);
      } else {
        if (blocks[at] != 0) {
          subject.free(blocks[at]);
        }
        blocks[at] = i % 5 == 0 ? subject.calloc(bytes) : subject.malloc(bytes);
      }
      RawMemory.fill(blocks[at], bytes, i);
    }
    Arrays.stream(blocks).filter(block -> block != 0).forEach(subject::free);
    subject.free(subject.alignedAlloc(512, 100));
  }

  private static void exerciseVerified(Subject broken) {
    try (Subject verifying = new VerifyingSubject(Peer.SPINLOCK, broken)) {
      exercise(verifying);
    }
  }

  private static void assertCaught(Subject broken, String reason) {
    assertThatIllegalStateException()
        .isThrownBy(() -> exerciseVerified(broken))
        .withMessageStartingWith("self-check: ")
        .withMessageContaining(reason);
  }

  @Test
  void aSoundOnePasses() {
    exerciseVerified(new FreeListSubject());
    try (Subject verifying = Peer.SPINLOCK.openVerified(1)) {
      exercise(verifying);
    }
  }

  /** What follows is about every so manieth call. */
  private abstract static class SometimesBroken extends FreeListSubject {

    private int calls;

    boolean now(int every) {
      calls++;
      return calls % every == 0;
    }
  }

  @Test
  void aLiveBlockGivenOutAgainIsCaught() {
    assertCaught(
        new SometimesBroken() {
          private long last;

          @Override
          public synchronized long malloc(long byteSize) {
            last = last != 0 && now(500) ? last : super.malloc(byteSize);
            return last;
          }
        },
        "which is live");
  }

  @Test
  void aBlockAcrossTheEndOfALiveOneIsCaught() {
    assertCaught(
        new SometimesBroken() {
          @Override
          public synchronized long malloc(long byteSize) {
            return now(500) ? super.malloc(byteSize) - 16 : super.malloc(byteSize);
          }
        },
        "which is live");
  }

  @Test
  void aMisalignedBlockIsCaught() {
    assertCaught(
        new SometimesBroken() {
          @Override
          public synchronized long malloc(long byteSize) {
            return now(500) ? super.malloc(byteSize + 16) + 8 : super.malloc(byteSize);
          }
        },
        "is not aligned to 16");
    assertCaught(
        new FreeListSubject() {
          @Override
          public synchronized long alignedAlloc(long byteAlignment, long byteSize) {
            long block = super.alignedAlloc(byteAlignment, byteSize + 16);
            return byteAlignment == 512 ? block + 16 : block;
          }
        },
        "is not aligned to 512");
  }

  @Test
  void writingIntoALiveBlockIsCaught() {
    for (boolean front : new boolean[] {true, false}) {
      assertCaught(
          new SometimesBroken() {
            private long victim;
            private long victimBytes;

            @Override
            public synchronized long malloc(long byteSize) {
              if (now(500)) {
                RawMemory.putByte(front ? victim : victim + victimBytes - 1, (byte) 0);
              }
              victim = super.malloc(byteSize);
              victimBytes = byteSize;
              return victim;
            }
          },
          "written outside of the block");
    }
  }

  @Test
  void aLostBlockIsCaught() {
    assertCaught(
        new SometimesBroken() {
          @Override
          public synchronized void free(long address) {
            if (!now(100)) {
              super.free(address);
            }
          }
        },
        "free forgets blocks");
  }

  /** As by a queue of remote frees that loses what is in it. */
  @Test
  void aBlockLostByAnotherThreadIsCaught() {
    Thread owner = Thread.currentThread();
    assertCaught(
        new SometimesBroken() {
          @Override
          public synchronized void free(long address) {
            if (owner.equals(Thread.currentThread()) || !now(100)) {
              super.free(address);
            }
          }
        },
        "freed by another thread");
  }

  /** The books of our own are asked, also when the block is not of a size that is probed. */
  @Test
  void aBlockLiveInTheBooksIsCaught() {
    Subject open = Peer.SPINLOCK.open(1);
    long behindItsBack = open.malloc(5_000);
    Subject verifying = new VerifyingSubject(Peer.SPINLOCK, open);
    assertThatIllegalStateException()
        .isThrownBy(verifying::close)
        .withMessageContaining("1 blocks are live in its books");
    open.free(behindItsBack);
    verifying.close();
  }

  @Test
  void noBlockIsCaught() {
    assertCaught(
        new SometimesBroken() {
          @Override
          public synchronized long malloc(long byteSize) {
            return now(500) ? 0 : super.malloc(byteSize);
          }
        },
        "no block of");
  }

  @Test
  void callocThatDoesNotClearIsCaught() {
    assertCaught(
        new FreeListSubject() {
          @Override
          public synchronized long calloc(long byteSize) {
            return malloc(byteSize);
          }
        },
        "is not zero");
  }

  @Test
  void reallocThatForgetsContentsIsCaught() {
    assertCaught(
        new FreeListSubject() {
          @Override
          public synchronized long realloc(long address, long newByteSize) {
            free(address);
            return calloc(newByteSize);
          }
        },
        "changed byte");
  }

  @Test
  void theFaultsOfAWorkloadAreCaught() {
    Subject verifying = new VerifyingSubject(Peer.SPINLOCK, new FreeListSubject());
    long block = verifying.malloc(40);
    assertThatThrownBy(() -> verifying.free(block + 16)).hasMessageContaining("not live");

    Subject beyond = new VerifyingSubject(Peer.SPINLOCK, new FreeListSubject());
    long[] blocks = {beyond.malloc(40), beyond.malloc(40), beyond.malloc(40)};
    assertThatThrownBy(
            () -> {
              for (long each : blocks) {
                RawMemory.putByte(each + 40, (byte) 0);
                beyond.free(each);
              }
            })
        .hasMessageContaining("written outside of the block of 40 bytes");

    Subject forgotten = new VerifyingSubject(Peer.SPINLOCK, new FreeListSubject());
    forgotten.malloc(40);
    assertThatThrownBy(forgotten::close).hasMessageContaining("1 blocks allocated, 0 freed");
  }

  /** A fault in a thread whose exceptions nobody looks at. */
  @Test
  void aFaultThatWasThrownBeforeIsThrownAgainAtTheEnd() {
    Subject verifying = new VerifyingSubject(Peer.SPINLOCK, new FreeListSubject());
    assertThatThrownBy(() -> verifying.free(16)).hasMessageContaining("not live");
    assertThatThrownBy(verifying::close).hasMessageContaining("0x10 is freed and not live");
  }

  @Test
  void anObjectThatIsNotAsConstructedIsCaught() {
    ObjectKind kind = ObjectKind.of("fields");
    Subject verifying =
        new VerifyingSubject(
            Peer.SPINLOCK,
            new FreeListSubject() {
              @Override
              public long takeObject(ObjectKind ofKind) {
                long object = super.takeObject(ofKind);
                ofKind.use(object, 77);
                return object;
              }
            });
    assertThatThrownBy(() -> verifying.takeObject(kind)).hasMessageContaining("constructed");
  }

  /** Or calls in a JVM that measures would be bound to two classes. */
  @Test
  void theClassIsLoadedOnlyToVerify() throws Exception {
    try (Loader loader = new Loader()) {
      Object peer = loader.loadClass(Peer.class.getName()).getField("SPINLOCK").get(null);
      peer.getClass().getMethod("open", int.class).invoke(peer, 1);
      assertThat(loader.has("SpinLockBaseline")).isTrue();
      assertThat(loader.has("VerifyingSubject")).isFalse();
      peer.getClass().getMethod("openVerified", int.class).invoke(peer, 1);
      assertThat(loader.has("VerifyingSubject")).isTrue();
    }
  }

  /** Loads everything anew. */
  private static final class Loader extends URLClassLoader {

    Loader() {
      super(
          Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
              .map(Loader::url)
              .toArray(URL[]::new),
          ClassLoader.getPlatformClassLoader());
    }

    private static URL url(String entry) {
      try {
        return Path.of(entry).toUri().toURL();
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException(e);
      }
    }

    boolean has(String simpleName) {
      return findLoadedClass(Peer.class.getPackageName() + "." + simpleName) != null;
    }
  }
}
