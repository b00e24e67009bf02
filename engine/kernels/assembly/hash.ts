/**
 * Hashing, and open-addressing slots: 64 bits each, hash << 32 | entry + 1, or 0 where free. The place of an entry is
 * the low bits of its 32-bit hash, so slots can be moved to a larger table without looking at the entries.
 */

/** Mixes a 64-bit word so that all bits of the result depend on all of the input (the finalizer of MurmurHash3). */
@inline
export function mix(word: u64): u64 {
  word ^= word >> 32
  word *= 0xff51afd7ed558ccd
  word ^= word >> 32
  word *= 0xc4ceb9fe1a85ec53
  return word ^ (word >> 32)
}

/** Adds another word to a hash; the order matters. */
@inline
export function combine(hash: u64, word: u64): u64 {
  return mix(rotl(hash, 23) + word + 0x9e3779b97f4a7c15)
}

/** Hash of bytes. Reads up to 7 bytes beyond them. */
export function hash_bytes(bytes: usize, length: i32): u64 {
  let hash: u64 = <u64>length * 0x9e3779b97f4a7c15
  let i = 0
  for (; i + 8 <= length; i += 8) {
    hash = (rotl(hash, 29) ^ load<u64>(bytes + <usize>i)) * 0xbf58476d1ce4e5b9
  }
  if (i < length) {
    const rest = load<u64>(bytes + <usize>i) & ((<u64>1 << <u64>((length - i) << 3)) - 1)
    hash = (rotl(hash, 29) ^ rest) * 0xbf58476d1ce4e5b9
  }
  return mix(hash)
}

/** Moves all entries to an empty, larger table of slots. Masks are the numbers of slots less one. */
export function hash_move_slots(slots: usize, mask: u32, out: usize, out_mask: u32): void {
  const end = slots + (<usize>mask + 1) * 8
  for (let at = slots; at < end; at += 8) {
    const slot = load<u64>(at)
    if (slot == 0) continue
    let place = <u32>(slot >> 32) & out_mask
    while (load<u64>(out + (<usize>place << 3)) != 0) place = (place + 1) & out_mask
    store<u64>(out + (<usize>place << 3), slot)
  }
}
