// SPDX-License-Identifier: Apache-2.0
package io.ashlar.slab;

/**
 * What the frame table's tags mean here: pure functions on a packed word.
 *
 * <pre>
 *   63 … 32            ┊ 31 … 16        ┊ 15 … 0
 *   slab's number      ┊ home shard + 1 ┊ code of its class    a frame of a slab
 *   frames of the run  ┊ 0xFFFF         ┊ 0                    first frame of a run
 *   object slab's num. ┊ 0x8001 + home  ┊ number of its cache  a frame of a typed cache's slab
 *   0                  ┊ 0              ┊ 0                    any other
 * </pre>
 *
 * <p>Laid out so that one comparison tells whether a frame is in a slab of a given shard, and
 * leaves the class.
 */
public final class FrameTag {

  /** Tag of a frame that is in no slab and does not begin a run. */
  static final long NOTHING = 0;

  /** Largest number of a shard. */
  static final int MAX_SHARD = 0xFF;

  private static final int HOME_SHIFT = 16;
  private static final int VALUE_SHIFT = 32;
  private static final int RUN = 0xFFFF;

  /** Set in the middle part of an object slab's tag, beside home + 1. */
  private static final int OBJECT = 0x8000;

  /** Of a key: what all slabs of a typed cache have in common, whatever their home. */
  private static final int CACHE_MASK = (OBJECT << HOME_SHIFT) | 0xFFFF;

  private FrameTag() {}

  static long slab(int home, int sizeClass, int number) {
    return (long) number << VALUE_SHIFT | homeKey(home) | SizeClasses.code(sizeClass);
  }

  static long run(int frames) {
    return (long) frames << VALUE_SHIFT | (long) RUN << HOME_SHIFT;
  }

  /** A frame of a slab of a typed cache, whose number is not 0. */
  static long object(int home, int cache, int number) {
    return ((long) number << VALUE_SHIFT) | (objectKey(home, cache) & 0xFFFF_FFFFL);
  }

  /**
   * The key of a typed cache's slabs in a shard.
   *
   * @param home the shard's number
   * @param cache the cache's number, 1 … 65,535
   * @return the key
   */
  public static int objectKey(int home, int cache) {
    return objectKeyOf(homeKey(home), cache);
  }

  /**
   * The key of a typed cache's slabs in a shard, from the shard's home key.
   *
   * @param homeKey the {@link #homeKey}
   * @param cache the cache's number, 1 … 65,535
   * @return the key
   */
  public static int objectKeyOf(int homeKey, int cache) {
    return OBJECT << HOME_SHIFT | homeKey | cache;
  }

  /**
   * Whether a key is that of a frame of a typed cache's slab, whatever its home.
   *
   * @param key a key
   * @param cache the cache's number, 1 … 65,535
   * @return whether it is
   */
  public static boolean isObject(int key, int cache) {
    // A run's low part is 0, which is no cache's number.
    return (key & CACHE_MASK) == (OBJECT << HOME_SHIFT | cache);
  }

  /** Whether a tag is that of a frame of any typed cache's slab. */
  static boolean isObject(long tag) {
    return isObject(key(tag), cache(tag)) && cache(tag) != 0;
  }

  /** The number of the typed cache whose slab it is. */
  static int cache(long tag) {
    return (char) tag;
  }

  /** The home shard in the key of an object slab's frame. */
  static int objectHome(int key) {
    return (owner(key) ^ OBJECT) - 1;
  }

  /**
   * The <em>key</em> of a tag: its low 32 bits.
   *
   * @param tag a tag
   * @return its key
   */
  public static int key(long tag) {
    return (int) tag;
  }

  /**
   * What the key of a frame in a slab of a shard becomes a class's code with, by exclusive or.
   *
   * @param home the shard's number
   * @return the shard's home key
   */
  public static int homeKey(int home) {
    return (home + 1) << HOME_SHIFT;
  }

  /**
   * Whether a key has become a code, and the frame is in a slab of the shard.
   *
   * @param value a key after the exclusive or with a home key
   * @return whether it was a key of that shard's slabs
   */
  public static boolean isCode(int value) {
    return Integer.compareUnsigned(value, 1 << HOME_SHIFT) < 0;
  }

  private static int owner(int key) {
    return key >>> HOME_SHIFT;
  }

  /**
   * Whether a key is that of a slab's frame.
   *
   * @param key a key
   * @return whether it is
   */
  public static boolean isSlab(int key) {
    return Integer.compareUnsigned(owner(key) - 1, MAX_SHARD) <= 0;
  }

  static boolean isSlab(long tag) {
    return isSlab(key(tag));
  }

  static boolean isRun(long tag) {
    return owner(key(tag)) == RUN;
  }

  /** Number of the slab, or frames of the run. */
  static int value(long tag) {
    return (int) (tag >>> VALUE_SHIFT);
  }

  /**
   * The code of the class in the key of a slab's frame.
   *
   * @param key a key for which {@link #isSlab(int)}
   * @return the code
   */
  public static int code(int key) {
    return (char) key;
  }

  /**
   * The home shard in the key of a slab's frame.
   *
   * @param key a key for which {@link #isSlab(int)}
   * @return the shard's number
   */
  public static int home(int key) {
    return owner(key) - 1;
  }
}
