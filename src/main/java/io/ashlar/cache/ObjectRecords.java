// SPDX-License-Identifier: Apache-2.0
package io.ashlar.cache;

import io.ashlar.frame.Metadata;
import io.ashlar.memory.SpinLock;
import io.ashlar.region.Region;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongArrayList;

/**
 * Records of {@link Magazines} for typed caches, one for each thread and cache that meet. Address
 * space is reserved as they are made, so that an allocator without typed caches has none.
 * Thread-safe.
 */
final class ObjectRecords implements AutoCloseable {

  private static final int RECORDS_AT_ONCE = 1024;
  private static final int PORTABLE_RECORDS_AT_ONCE = 16;
  private static final long RECORD_BYTES = Magazines.objectRecordBytes(Region.osPageSize());

  private final boolean portable;
  private final SpinLock lock = new SpinLock();
  private final List<Metadata> reserved = new ArrayList<>();
  private final LongArrayList free = new LongArrayList();
  private long next;
  private long end;

  ObjectRecords(boolean portable) {
    this.portable = portable;
  }

  /** The address of a record that nobody uses. */
  long take() {
    lock.lock();
    try {
      if (!free.isEmpty()) {
        return free.removeAt(free.size() - 1);
      }
      if (next == end) {
        reserve();
      }
      long record = next;
      next += RECORD_BYTES;
      return record;
    } finally {
      lock.unlock();
    }
  }

  private void reserve() {
    long bytes = RECORD_BYTES * (portable ? PORTABLE_RECORDS_AT_ONCE : RECORDS_AT_ONCE);
    Metadata metadata = new Metadata(Metadata.footprint(bytes), portable);
    reserved.add(metadata);
    next = metadata.allocate(bytes);
    end = next + bytes;
  }

  void giveBack(long record) {
    lock.lock();
    try {
      free.addLong(record);
    } finally {
      lock.unlock();
    }
  }

  /** Bytes of records in physical memory. */
  long residentBytes() {
    lock.lock();
    try {
      return reserved.stream().mapToLong(Metadata::residentBytes).sum();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    reserved.forEach(Metadata::close);
    reserved.clear();
  }
}
