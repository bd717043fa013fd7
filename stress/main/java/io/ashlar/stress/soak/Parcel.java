// SPDX-License-Identifier: Apache-2.0
package io.ashlar.stress.soak;

/** Live blocks on the way from one worker to any other. */
final class Parcel {

  static final int CAPACITY = 32;

  final long[] addresses = new long[CAPACITY];
  final long[] sizes = new long[CAPACITY];
  final long[] keys = new long[CAPACITY];
  int count;

  boolean isFull() {
    return count == CAPACITY;
  }

  void add(long address, long size, long key) {
    addresses[count] = address;
    sizes[count] = size;
    keys[count] = key;
    count++;
  }

  void checkAll() {
    for (int i = 0; i < count; i++) {
      Cookies.check(addresses[i], sizes[i], keys[i], sizes[i]);
    }
  }
}
