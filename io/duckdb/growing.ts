/** A buffer of this thread that grows as values are added, and is used again for every batch. */

export class GrowingBytes {
  u8 = new Uint8Array(0)
  i32 = new Int32Array(0)
  i64 = new BigInt64Array(0)
  u64 = new BigUint64Array(0)
  /** Bytes in use. */
  length = 0

  /** Makes room for `bytes` more after those in use, and returns where they start. What was added is not cleared. */
  add(bytes: number): number {
    const start = this.length
    this.length += bytes
    if (this.length > this.u8.length) this.grow()
    return start
  }

  clear(): void {
    this.length = 0
  }

  /** What offsets begin with. */
  startWithZero(): void {
    this.length = 0
    this.add(4)
    this.i32[0] = 0
  }

  private grow(): void {
    const old = this.u8
    const buffer = new ArrayBuffer(Math.ceil(Math.max(4096, this.length * 1.5) / 64) * 64)
    this.u8 = new Uint8Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.i64 = new BigInt64Array(buffer)
    this.u64 = new BigUint64Array(buffer)
    this.u8.set(old)
  }
}

/** A bitmap that is kept only once it has a zero in it. */
export class GrowingBits {
  private readonly bytes = new GrowingBytes()
  /** Bits added. */
  length = 0
  hasZeros = false

  /** Bytes to store, or 0 if all bits are one. */
  get storedBytes(): number {
    return this.hasZeros ? Math.ceil(this.length / 64) * 8 : 0
  }

  /** Adds `count` bits of `source`, least significant first, from bit `from`; null stands for ones. */
  add(source: Uint8Array | null, from: number, count: number): void {
    if (source === null || (!this.hasZeros && allOnes(source, from, count))) {
      if (this.hasZeros) this.append(null, 0, count)
      this.length += count
      return
    }
    if (!this.hasZeros) {
      this.hasZeros = true
      const { length } = this
      this.length = 0
      this.append(null, 0, length)
      this.length = length
    }
    this.append(source, from, count)
    this.length += count
  }

  store(target: Uint8Array, address: number): void {
    target.set(this.bytes.u8.subarray(0, this.bytes.length), address)
  }

  clear(): void {
    this.bytes.clear()
    this.length = 0
    this.hasZeros = false
  }

  /** Bits past `length` of the last byte are zero before and after. */
  private append(source: Uint8Array | null, from: number, count: number): void {
    const needed = Math.ceil((this.length + count) / 8) - this.bytes.length
    const added = this.bytes.add(needed)
    const { u8 } = this.bytes
    u8.fill(0, added, added + needed)
    if (this.length % 8 === 0 && from % 8 === 0) {
      const first = this.length / 8
      const bytes = Math.ceil(count / 8)
      if (source === null) u8.fill(0xff, first, first + bytes)
      else u8.set(source.subarray(from / 8, from / 8 + bytes), first)
      if (count % 8 !== 0) u8[first + bytes - 1] &= (1 << (count % 8)) - 1
      return
    }
    for (let i = 0; i < count; i++) {
      const bit = source === null ? 1 : (source[(from + i) >>> 3] >> ((from + i) & 7)) & 1
      u8[(this.length + i) >>> 3] |= bit << ((this.length + i) & 7)
    }
  }
}

function allOnes(source: Uint8Array, from: number, count: number): boolean {
  let i = from
  const end = from + count
  while (i < end) {
    if (i % 8 === 0 && end - i >= 8) {
      if (source[i >>> 3] !== 0xff) return false
      i += 8
    } else {
      if (((source[i >>> 3] >> (i & 7)) & 1) === 0) return false
      i++
    }
  }
  return true
}
