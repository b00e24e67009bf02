/** A growing set of strings in shared memory; each has a number, in order of entry. See `assembly/group-strings.ts`. */

import { type Vector, vector } from '../../../io/batch.js'
import { VolleyError } from '../../../planner/errors.js'
import type { DataType } from '../../../planner/types.js'
import { take } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import { grownBlock, grownSlots, releaseBlocks } from './blocks.js'

/** Places in the header, in u32 words. */
const COUNT = 0
const CAPACITY = 1
const ENDS = 2
const SLOTS = 3
const MASK = 4
const BYTES = 5
const BYTE_CAPACITY = 6
const HASHES = 7
/** Kept for dictionaries: for each code, the number + 1, or 0. */
const CACHE = 8
const CACHE_CODES = 9
const HEADER_BYTES = 64

const FIRST_CAPACITY = 64
const FIRST_BYTES = 1024
const MAX_BYTES = 2 ** 31 - 64

export class StringTable {
  /** The dictionary that the cache is about. */
  private cached: Vector | null = null

  private constructor(
    private readonly context: OperatorContext,
    readonly address: number,
  ) {}

  static create(context: OperatorContext): StringTable {
    const address = context.allocate(HEADER_BYTES)
    context.memory.u32.fill(0, address / 4, address / 4 + HEADER_BYTES / 4)
    const table = new StringTable(context, address)
    table.growEntries(FIRST_CAPACITY)
    table.growBytes(FIRST_BYTES)
    return table
  }

  static attach(context: OperatorContext, address: number): StringTable {
    return new StringTable(context, address)
  }

  get count(): number {
    return this.read(COUNT)
  }

  /** Bytes of shared memory held. */
  get bytes(): number {
    const entries = this.read(CAPACITY) * 8 + (this.read(MASK) + 1) * 8
    return HEADER_BYTES + entries + this.read(BYTE_CAPACITY) + this.read(CACHE_CODES) * 4
  }

  /** Address of the u32 hash of each string. */
  get hashes(): number {
    return this.read(HASHES)
  }

  /** Writes to scratch the number, as u32, of each row of a full string vector; 0xffffffff for nulls. */
  intern(source: Vector): number {
    const { wasm } = this.context
    const numbers = this.context.scratch(source.length * 4)
    const { dictionary, validity, length } = source
    if (dictionary !== null) this.internCodes(dictionary, source.values, validity, length, numbers)
    else {
      this.repeat(length, (row) =>
        wasm.group_intern(this.address, source.offsets, source.values, validity, row, length, numbers),
      )
    }
    return numbers
  }

  /** The same for `count` codes into `dictionary`; a code of 0xffffffff is null. */
  internCodes(dictionary: Vector, codes: number, validity: number, count: number, numbers: number): void {
    const { wasm } = this.context
    const { offsets, values } = dictionary
    this.prepareCache(dictionary)
    this.repeat(count, (row) =>
      wasm.group_intern_codes(this.address, offsets, values, codes, validity, this.read(CACHE), row, count, numbers),
    )
  }

  /** The strings, by number, over the table's own memory. */
  vector(type: DataType): Vector {
    return vector(type, this.count, { offsets: this.read(ENDS), values: this.read(BYTES) })
  }

  /** The strings of `count` numbers, in scratch. */
  strings(type: DataType, numbers: number, count: number): Vector {
    return take(this.context, this.vector(type), numbers, count, { nullable: true })
  }

  release(): void {
    releaseBlocks(this.context, this.address, [ENDS, SLOTS, BYTES, HASHES, CACHE])
  }

  private prepareCache(dictionary: Vector): void {
    if (this.cached === dictionary) return
    this.cached = dictionary
    if (this.read(CACHE_CODES) < dictionary.length) {
      if (this.read(CACHE) !== 0) this.context.release(this.read(CACHE))
      this.write(CACHE, this.context.allocate(dictionary.length * 4))
      this.write(CACHE_CODES, dictionary.length)
    }
    const start = this.read(CACHE) / 4
    this.context.memory.u32.fill(0, start, start + dictionary.length)
  }

  /** Runs a kernel that stops at a row when the table is full, until it is done. */
  private repeat(count: number, run: (row: number) => number): void {
    for (let row = run(0); row < count; row = run(row)) {
      if (this.count === this.read(CAPACITY)) this.growEntries(this.count * 2)
      else this.growBytes(this.read(BYTE_CAPACITY) * 2)
    }
  }

  private growEntries(capacity: number): void {
    const { context, count } = this
    const fresh = this.read(ENDS) === 0
    const ends = grownBlock(context, this.read(ENDS), (count + 1) * 4, (capacity + 1) * 4)
    if (fresh) context.memory.u32[ends / 4] = 0
    this.write(ENDS, ends)
    this.write(HASHES, grownBlock(context, this.read(HASHES), count * 4, capacity * 4))
    const slots = capacity * 2
    this.write(SLOTS, grownSlots(context, this.read(SLOTS), this.read(MASK), slots))
    this.write(MASK, slots - 1)
    this.write(CAPACITY, capacity)
  }

  private growBytes(capacity: number): void {
    if (this.read(BYTE_CAPACITY) === MAX_BYTES) {
      throw new VolleyError('VOLLEY_MEMORY_LIMIT', `the different strings of a key exceed ${MAX_BYTES} bytes`, {
        expected: `at most ${MAX_BYTES}`,
      })
    }
    const bytes = Math.min(capacity, MAX_BYTES)
    const used = this.context.memory.u32[this.read(ENDS) / 4 + this.count]
    this.write(BYTES, grownBlock(this.context, this.read(BYTES), used, bytes))
    this.write(BYTE_CAPACITY, bytes)
  }

  private read(place: number): number {
    return this.context.memory.u32[this.address / 4 + place]
  }

  private write(place: number, value: number): void {
    this.context.memory.u32[this.address / 4 + place] = value
  }
}
