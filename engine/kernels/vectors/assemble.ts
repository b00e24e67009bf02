/** Copies ranges of vectors, one after the other, into one block: validity | offsets | values. */

import { type Allocate, align64, bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { retainVector } from '../../../io/block-sharing.js'
import { InternalError, unreachable } from '../../../planner/errors.js'
import type { RetainingContext } from '../kernel.js'
import { checkedTotal, clearNulls, gather, gatherFixed } from './take.js'

/** Rows [start, start + length) of a vector that is not constant; `start` is any row. */
export interface Segment {
  readonly vector: Vector
  readonly start: number
  readonly length: number
}

/** The rows of all segments, which have one type, in order, in fresh blocks. There is at least one segment. */
export function assemble(context: RetainingContext, allocate: Allocate, segments: readonly Segment[]): Vector {
  return new Assembly(context, allocate, segments).build()
}

/** How a segment's variable-length rows are reached: in place, or through codes into its dictionary. */
interface Source {
  readonly segment: Segment
  /** Rows in `data`, as u32 at an address, or 0 where the rows are in place. */
  readonly indices: number
  readonly data: Vector
}

class Assembly {
  private readonly rows: number
  private readonly type
  private validityBytes = 0

  constructor(
    private readonly context: RetainingContext,
    private readonly allocate: Allocate,
    private readonly segments: readonly Segment[],
  ) {
    this.rows = segments.reduce((sum, segment) => sum + segment.length, 0)
    this.type = segments[0].vector.type
    if (this.type.kind !== 'null' && segments.some((segment) => segment.vector.validity !== 0)) {
      this.validityBytes = align64(bitmapBytes(this.rows))
    }
  }

  build(): Vector {
    const { type } = this
    if (this.segments[0].vector.dictionary !== null && this.sharesDictionary()) return this.codes()
    switch (type.kind) {
      case 'null':
        return vector(type, this.rows)
      case 'bool':
        return this.bits()
      case 'int':
      case 'float':
      case 'decimal':
      case 'date':
      case 'time':
      case 'timestamp':
      case 'duration':
      case 'interval':
        return this.fixed()
      case 'utf8':
      case 'binary':
        return this.strings()
      case 'list':
      case 'map':
        return this.lists()
      case 'struct':
        return this.structs()
      default:
        return unreachable(type)
    }
  }

  private sharesDictionary(): boolean {
    const first = this.segments[0].vector.dictionary
    return this.segments.every(({ vector: { dictionary } }) => dictionary !== null && sameData(dictionary, first))
  }

  private codes(): Vector {
    const dictionary = this.ownDictionary(this.segments[0].vector.dictionary!)
    const { block, validity, next: values } = this.place(0, this.rows * 4)
    let out = values
    for (const { vector: source, start, length } of this.segments) {
      this.copy(source.values + start * 4, length * 4, out)
      out += length * 4
    }
    return vector(this.type, this.rows, { validity, values, dictionary, blocks: [block] })
  }

  /** A dictionary in retained blocks is shared; one in scratch is copied. */
  private ownDictionary(dictionary: Vector): Vector {
    if (dictionary.blocks.length === 0) {
      return assemble(this.context, this.allocate, [{ vector: dictionary, start: 0, length: dictionary.length }])
    }
    retainVector(this.context, dictionary)
    return dictionary
  }

  private fixed(): Vector {
    const widths = this.segments.map(({ vector: source }) => source.dictionary?.width ?? source.width)
    const width = Math.max(...widths)
    const { block, validity, next: values } = this.place(0, this.rows * width)
    let out = values
    this.segments.forEach((segment, i) => {
      this.copyFixed(segment, widths[i], width, out)
      out += segment.length * width
    })
    return vector(this.type, this.rows, { validity, values, width, blocks: [block] })
  }

  private copyFixed(segment: Segment, from: number, to: number, out: number): void {
    const { context } = this
    const { vector: source, start, length } = segment
    const widens = from !== to
    if (widens && (from !== 8 || to !== 16)) throw new InternalError(`${from} and ${to} bytes in one column`)
    if (source.dictionary !== null) {
      const indices = clearNulls(context, this.indicesOf(segment), length)
      if (widens) context.wasm.take_64_to_128(source.dictionary.values, indices, length, out)
      else gatherFixed(context, source.dictionary, indices, length, out)
    } else if (widens) context.wasm.copy_64_to_128(source.values + start * 8, length, out)
    else this.copy(source.values + start * from, length * from, out)
  }

  private bits(): Vector {
    const { block, validity, next: values } = this.place(0, bitmapBytes(this.rows))
    let row = 0
    for (const { vector: source, start, length } of this.segments) {
      this.context.wasm.copy_bits(source.values, start, length, values, row)
      row += length
    }
    return vector(this.type, this.rows, { validity, values, blocks: [block] })
  }

  private strings(): Vector {
    const { wasm } = this.context
    const sources = this.segments.map((segment) => this.sourceOf(segment))
    const sizes = sources.map((source) => this.sizeOf(source))
    const bytes = this.checked(sizes)
    // Decoded strings are written in steps of 8 bytes.
    const { block, validity, offsets, next: values } = this.place((this.rows + 1) * 4, bytes + 8)
    this.context.memory.i32[offsets / 4] = 0
    let base = 0
    let row = 0
    sources.forEach(({ segment, indices, data }, i) => {
      const ends = offsets + (row + 1) * 4
      if (indices !== 0) {
        wasm.take_bytes(data.values, data.offsets, indices, segment.length, base, values + base, ends)
      } else {
        this.copy(data.values + this.firstOffset(segment), sizes[i], values + base)
        this.rebase(segment, base, ends)
      }
      base += sizes[i]
      row += segment.length
    })
    return vector(this.type, this.rows, { validity, offsets, values, blocks: [block] })
  }

  private lists(): Vector {
    const sizes = this.segments.map((segment) => this.sizeOf({ segment, indices: 0, data: segment.vector }))
    this.checked(sizes)
    const { block, validity, offsets } = this.place((this.rows + 1) * 4, 0)
    this.context.memory.i32[offsets / 4] = 0
    let base = 0
    let row = 0
    const elements = this.segments.map((segment, i) => {
      this.rebase(segment, base, offsets + (row + 1) * 4)
      base += sizes[i]
      row += segment.length
      return { vector: segment.vector.children[0], start: this.firstOffset(segment), length: sizes[i] }
    })
    return vector(this.type, this.rows, {
      validity,
      offsets,
      children: [this.child(elements)],
      blocks: [block],
    })
  }

  private structs(): Vector {
    const { block, validity } = this.place(0, 0)
    const children = this.segments[0].vector.children.map((_, i) =>
      this.child(this.segments.map((segment) => ({ ...segment, vector: segment.vector.children[i] }))),
    )
    return vector(this.type, this.rows, { validity, children, blocks: [block] })
  }

  /** Children may be constant, as those of a struct that a function made are. */
  private child(segments: readonly Segment[]): Vector {
    const { context, allocate } = this
    return assemble(
      context,
      allocate,
      segments.map(({ vector: source, start, length }) =>
        source.constant
          ? { vector: gather(context, source, 0, length, false), start: 0, length }
          : { vector: source, start, length },
      ),
    )
  }

  /** Allocates the block and fills in the validity. `next` is where the values begin. */
  private place(offsetBytes: number, valueBytes: number) {
    const block = this.allocate(Math.max(64, this.validityBytes + align64(offsetBytes) + valueBytes))
    let row = 0
    if (this.validityBytes > 0) {
      for (const { vector: source, start, length } of this.segments) {
        this.context.wasm.copy_bits(source.validity, start, length, block, row)
        row += length
      }
    }
    const offsets = block + this.validityBytes
    return { block, validity: this.validityBytes > 0 ? block : 0, offsets, next: offsets + align64(offsetBytes) }
  }

  private sourceOf(segment: Segment): Source {
    const { dictionary } = segment.vector
    if (dictionary === null) return { segment, indices: 0, data: segment.vector }
    return { segment, indices: this.indicesOf(segment), data: dictionary }
  }

  /** Codes of a dictionary-encoded segment, null where the row is. */
  private indicesOf({ vector: source, start, length }: Segment): number {
    const codes = source.values + start * 4
    if (source.validity === 0) return codes
    const indices = this.context.scratch(length * 4)
    this.context.wasm.take_mask_codes(codes, source.validity, start, length, indices)
    return indices
  }

  /** Bytes or elements of the segment. */
  private sizeOf({ segment, indices, data }: Source): number {
    if (indices !== 0) return this.context.wasm.take_total(data.offsets, indices, segment.length)
    const { start, length } = segment
    // A vector without rows may have no offsets.
    if (length === 0) return 0
    const { i32 } = this.context.memory
    return i32[data.offsets / 4 + start + length] - i32[data.offsets / 4 + start]
  }

  private checked(sizes: readonly number[]): number {
    const total = sizes.reduce((sum, size) => sum + size, 0)
    return checkedTotal(total, this.segments[0].vector)
  }

  private firstOffset({ vector: source, start, length }: Segment): number {
    return length === 0 ? 0 : this.context.memory.i32[source.offsets / 4 + start]
  }

  /** Writes the ends of the segment's rows as they are when its first begins at `base`. */
  private rebase(segment: Segment, base: number, ends: number): void {
    const { vector: source, start, length } = segment
    this.context.wasm.copy_offsets(source.offsets + (start + 1) * 4, length, base - this.firstOffset(segment), ends)
  }

  private copy(from: number, bytes: number, out: number): void {
    this.context.memory.u8.copyWithin(out, from, from + bytes)
  }
}

function sameData(a: Vector, b: Vector | null): boolean {
  return b !== null && a.values === b.values && a.offsets === b.offsets && a.length === b.length
}
