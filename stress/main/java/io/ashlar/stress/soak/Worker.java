// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

import io.ashlar.Allocator;
import io.ashlar.LocalAllocator;
import io.ashlar.OutOfNativeMemoryError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One thread's life: it works on its blocks in random order, sends some away, takes what others
 * sent, and ends by leaving what it has to those who live on.
 */
final class Worker implements Runnable {

  private static final int PLATFORM_SLOTS = 1024;
  private static final int VIRTUAL_SLOTS = 128;

  /** Steps between two looks at what the soak wants. */
  private static final int STRIDE = 256;

  private static final int PARCELS_TAKEN = 2;

  private final Soak soak;
  private final Allocator allocator;
  private final boolean virtual;
  private final boolean byHandle;
  private final Dice dice;
  private final long[] addresses;
  private final long[] sizes;
  private final long[] keys;
  private final long strides;

  private LocalAllocator handle;
  private Parcel parcel = new Parcel();
  private long live;
  private long operations;
  private long refused;

  Worker(Soak soak, long seed, boolean virtual) {
    this.soak = soak;
    this.allocator = soak.allocator();
    this.virtual = virtual;
    dice = new Dice(seed);
    byHandle = dice.oneIn(2);
    int slots = virtual ? VIRTUAL_SLOTS : PLATFORM_SLOTS;
    addresses = new long[slots];
    sizes = new long[slots];
    keys = new long[slots];
    strides = 1L + dice.below(virtual ? 256 : 4096);
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // Virtual threads give way by themselves alone.
  public void run() {
    try {
      handle = byHandle ? allocator.attach() : null;
      for (long i = 0; i < strides && !soak.isStopped(); i++) {
        for (int j = 0; j < STRIDE; j++) {
          step();
        }
        takeParcels();
        soak.checkpoint();
        if (virtual) {
          Thread.yield();
        }
      }
      leave();
    } catch (Throwable broken) {
      soak.fail(broken);
    } finally {
      soak.ended(this);
    }
  }

  boolean isVirtual() {
    return virtual;
  }

  /** Blocks that it has; for who has stopped it. */
  long live() {
    return live;
  }

  /** Calls of the allocator so far; right for who has stopped it, a moment old for others. */
  long operations() {
    return operations;
  }

  long refused() {
    return refused;
  }

  private void step() {
    long roll = dice.next();
    int slot = (int) roll & addresses.length - 1;
    int kind = (int) (roll >>> 32) & 63;
    if (addresses[slot] == Allocator.NULL) {
      allocate(slot, kind);
    } else if (kind < 36) {
      free(slot);
    } else if (kind < 42) {
      resize(slot);
    } else if (kind < 60) {
      send(slot);
    } else {
      look(slot);
    }
    if ((roll >>> 40 & (1 << 12) - 1) == 0) {
      rare();
    }
  }

  private void allocate(int slot, int kind) {
    long size = dice.size();
    long address;
    operations++;
    if (kind < 52) {
      address = handle != null ? handle.malloc(size) : allocator.malloc(size);
    } else if (kind < 58) {
      address = allocator.calloc(size);
      if (address != Allocator.NULL) {
        Cookies.checkZero(address, size);
      }
    } else if (kind < 62) {
      long alignment = dice.alignment();
      address = allocator.alignedAlloc(alignment, size);
      checkAlignment(address, alignment);
    } else {
      address = allocateSegment(size);
    }
    checkAlignment(address, Allocator.MIN_ALIGNMENT);
    if (address == Allocator.NULL) {
      refuse(size);
      return;
    }
    keep(slot, address, size);
    live++;
  }

  private static void checkAlignment(long address, long alignment) {
    if ((address & alignment - 1) != 0) {
      throw new BrokenException("block 0x%x is not aligned to %,d".formatted(address, alignment));
    }
  }

  private long allocateSegment(long size) {
    try {
      return allocator.allocate(size, Allocator.MIN_ALIGNMENT).address();
    } catch (OutOfNativeMemoryError e) {
      return Allocator.NULL;
    }
  }

  private void keep(int slot, long address, long size) {
    long key = Cookies.key(address, dice.next());
    Cookies.write(address, size, key);
    addresses[slot] = address;
    sizes[slot] = size;
    keys[slot] = key;
  }

  /** Memory is out: that is a fault unless there is a limit to be met. */
  private void refuse(long size) {
    if (!soak.mayRefuse()) {
      throw new BrokenException("out of memory for %,d bytes".formatted(size));
    }
    refused++;
    for (int slot = 0; slot < addresses.length; slot += 4) {
      if (addresses[slot] != Allocator.NULL) {
        free(slot);
      }
    }
  }

  private void check(int slot) {
    Cookies.check(addresses[slot], sizes[slot], keys[slot], sizes[slot]);
  }

  private void free(int slot) {
    check(slot);
    long address = addresses[slot];
    addresses[slot] = Allocator.NULL;
    live--;
    operations++;
    if (handle != null) {
      handle.free(address);
    } else {
      allocator.free(address);
    }
  }

  private void resize(int slot) {
    check(slot);
    long size = dice.size();
    operations++;
    long moved = allocator.realloc(addresses[slot], size);
    if (moved == Allocator.NULL) {
      check(slot);
      refuse(size);
      return;
    }
    Cookies.check(moved, sizes[slot], keys[slot], Math.min(size, sizes[slot]));
    keep(slot, moved, size);
  }

  private void send(int slot) {
    check(slot);
    parcel.add(addresses[slot], sizes[slot], keys[slot]);
    addresses[slot] = Allocator.NULL;
    if (parcel.isFull()) {
      dispatch();
    }
  }

  private void look(int slot) {
    check(slot);
    operations++;
    long usable = allocator.usableSize(addresses[slot]);
    if (usable < sizes[slot]) {
      throw new BrokenException("%,d bytes usable of %,d asked for".formatted(usable, sizes[slot]));
    }
  }

  /** Gives the parcel away, or frees what is in it if too many are on their way already. */
  private void dispatch() {
    Parcel full = parcel;
    parcel = new Parcel();
    // Read first: once it is offered it is another's, who takes blocks out of it.
    int count = full.count;
    if (soak.offer(full)) {
      live -= count;
    } else {
      freeAll(full);
    }
  }

  private void freeAll(Parcel from) {
    from.checkAll();
    allocator.freeBatch(from.addresses, 0, from.count);
    operations += from.count;
    live -= from.count;
  }

  private void takeParcels() {
    for (int i = 0; i < PARCELS_TAKEN; i++) {
      Parcel taken = soak.poll();
      if (taken == null) {
        return;
      }
      live += taken.count;
      if (dice.oneIn(4)) {
        unpack(taken);
      }
      freeAll(taken);
    }
  }

  /** Takes blocks into slots as long as the next ones are free. */
  private void unpack(Parcel taken) {
    int slot = dice.below(addresses.length - Parcel.CAPACITY);
    while (taken.count > 0 && addresses[slot] == Allocator.NULL) {
      int last = --taken.count;
      addresses[slot] = taken.addresses[last];
      sizes[slot] = taken.sizes[last];
      keys[slot] = taken.keys[last];
      slot++;
    }
  }

  private void rare() {
    int kind = dice.below(256);
    if (kind == 0) {
      allocator.trim();
    } else if (kind < 8) {
      allocator.flush();
    } else if (kind == 8) {
      allocator.stats();
    } else if (kind < 32) {
      useArena();
    }
  }

  private void useArena() {
    try (Arena arena = allocator.arena()) {
      for (int i = 0; i < 8; i++) {
        long size = dice.below(1000);
        MemorySegment segment = arena.allocate(size);
        Cookies.checkZero(segment.address(), size);
        Cookies.write(segment.address(), size, dice.next());
        operations += 2;
      }
    } catch (OutOfNativeMemoryError e) {
      refuse(0);
    }
  }

  /** Sends half of what it has to others, and frees the rest. */
  private void leave() {
    for (int slot = 0; slot < addresses.length; slot++) {
      if (addresses[slot] == Allocator.NULL) {
        continue;
      }
      if ((slot & 1) == 0 && !soak.isStopped()) {
        send(slot);
      } else {
        free(slot);
      }
    }
    if (parcel.count > 0) {
      dispatch();
    }
  }
}
