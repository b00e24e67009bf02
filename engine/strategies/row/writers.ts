/** Columns of output, written a record at a time into scratch. */

import { bitmapBytes, type MemoryViews, type Vector, vector } from '../../../io/batch.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { unreachable } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext } from '../../kernels/kernel.js'
import {
  type BoolNode,
  computeOf,
  type ExactNode,
  exactValue,
  type NumberNode,
  type RecordNode,
  UNKNOWN,
} from './nodes.js'

/** Writes one column of a slice after another: `begin`, then the records in order, then `finish`. */
export interface ColumnWriter {
  /** Makes room for `rows` records. */
  begin(rows: number): void
  /** Writes what `row` of the slice has as record `out` of the output. */
  write(row: number, out: number): void
  /** The records written, in scratch. */
  finish(length: number): Vector
}

export function columnWriter(context: KernelContext, node: RecordNode): ColumnWriter {
  switch (node.kind) {
    case 'number':
      return new NumberWriter(context, node)
    case 'exact':
      return new ExactWriter(context, node)
    case 'bool':
      return new BoolWriter(context, node)
    case 'text':
    case 'value':
      return new ValueWriter(context, node)
    default:
      return unreachable(node)
  }
}

/** A bitmap that is there only if some record is null. */
class Nulls {
  address = 0
  private rows = 0

  constructor(private readonly context: KernelContext) {}

  begin(rows: number): void {
    this.address = 0
    this.rows = rows
  }

  add(out: number): void {
    const { memory, scratch } = this.context
    if (this.address === 0) {
      this.address = scratch(bitmapBytes(this.rows))
      memory.u8.fill(0xff, this.address, this.address + bitmapBytes(this.rows))
    }
    memory.u8[this.address + (out >>> 3)] &= ~(1 << (out & 7))
  }
}

/** Copies a cell; a double that is passed by value would be allocated first. */
type Put = (index: number, cell: Float64Array) => void

/** By storage, for the same reason as readers. */
const PUTS: Readonly<Record<string, (memory: MemoryViews) => Put>> = {
  float64:
    ({ f64 }) =>
    (index, cell) => {
      f64[index] = cell[0]
    },
  float32:
    ({ f32 }) =>
    (index, cell) => {
      f32[index] = cell[0]
    },
  int4:
    ({ i32 }) =>
    (index, cell) => {
      i32[index] = cell[0]
    },
  int2:
    ({ i16 }) =>
    (index, cell) => {
      i16[index] = cell[0]
    },
  int1:
    ({ i8 }) =>
    (index, cell) => {
      i8[index] = cell[0]
    },
}

class NumberWriter implements ColumnWriter {
  private readonly nulls: Nulls
  private readonly put: Put
  private readonly width: number
  private values = 0

  constructor(
    private readonly context: KernelContext,
    private readonly node: NumberNode,
  ) {
    this.nulls = new Nulls(context)
    this.width = vector(node.type, 0).width
    const { kind } = node.type
    this.put = PUTS[kind === 'float' ? `float${this.width * 8}` : `int${this.width}`](context.memory)
  }

  begin(rows: number): void {
    this.nulls.begin(rows)
    this.values = this.context.scratch(rows * this.width) / this.width
  }

  write(row: number, out: number): void {
    if (this.node.evaluate(row)) this.put(this.values + out, this.node.cell)
    else this.nulls.add(out)
  }

  finish(length: number): Vector {
    const values = this.values * this.width
    return vector(this.node.type, length, { values, validity: this.nulls.address })
  }
}

const WORD = 2 ** 32

/** Decimals take 8 bytes until one does not fit. */
class ExactWriter implements ColumnWriter {
  private readonly nulls: Nulls
  private readonly isShort: boolean
  private width = 8
  private rows = 0
  private values = 0

  constructor(
    private readonly context: KernelContext,
    private readonly node: ExactNode,
  ) {
    this.nulls = new Nulls(context)
    this.isShort = vector(node.type, 0).width === 4
  }

  begin(rows: number): void {
    this.nulls.begin(rows)
    this.rows = rows
    this.width = this.isShort ? 4 : 8
    this.values = this.context.scratch(rows * this.width)
  }

  write(row: number, out: number): void {
    const { node } = this
    if (!node.evaluate(row)) {
      this.nulls.add(out)
      return
    }
    const value = node.cell[0]
    const { i32 } = this.context.memory
    if (this.width !== 8) this.putRare(out)
    else if (Number.isNaN(value)) this.putLarge(out, node.large.value)
    else {
      const at = this.values / 4 + out * 2
      const high = Math.floor(value / WORD)
      i32[at] = value - high * WORD
      i32[at + 1] = high
    }
  }

  finish(length: number): Vector {
    const { width, values, node } = this
    return vector(node.type, length, { width, values, validity: this.nulls.address })
  }

  private putRare(out: number): void {
    if (this.width === 4) this.context.memory.i32[this.values / 4 + out] = this.node.cell[0]
    else this.putWide(out, exactValue(this.node))
  }

  private putLarge(out: number, value: bigint): void {
    const { i64, u64 } = this.context.memory
    const { kind } = this.node.type
    if (kind === 'int') u64[this.values / 8 + out] = BigInt.asUintN(64, value)
    else if (kind !== 'decimal' || BigInt.asIntN(64, value) === value) i64[this.values / 8 + out] = value
    else {
      this.widen(out)
      this.putWide(out, value)
    }
  }

  /** Copies the `written` records to a column of 16 bytes each. */
  private widen(written: number): void {
    const { memory, scratch, wasm } = this.context
    const wide = scratch(this.rows * 16)
    // Those of null records are undefined, before and after.
    memory.u8.fill(0, wide, wide + this.rows * 16)
    if (written > 0) wasm.copy_64_to_128(this.values, written, wide)
    this.values = wide
    this.width = 16
  }

  private putWide(out: number, value: bigint): void {
    const { i64 } = this.context.memory
    const at = this.values / 8 + out * 2
    i64[at] = BigInt.asIntN(64, value)
    i64[at + 1] = BigInt.asIntN(64, value >> 64n)
  }
}

class BoolWriter implements ColumnWriter {
  private readonly nulls: Nulls
  private values = 0

  constructor(
    private readonly context: KernelContext,
    private readonly node: BoolNode,
  ) {
    this.nulls = new Nulls(context)
  }

  begin(rows: number): void {
    this.nulls.begin(rows)
    this.values = this.context.scratch(bitmapBytes(rows))
    this.context.memory.u8.fill(0, this.values, this.values + bitmapBytes(rows))
  }

  write(row: number, out: number): void {
    const truth = this.node.test(row)
    if (truth === UNKNOWN) this.nulls.add(out)
    else this.context.memory.u8[this.values + (out >>> 3)] |= truth << (out & 7)
  }

  finish(length: number): Vector {
    return vector(this.node.type, length, { values: this.values, validity: this.nulls.address })
  }
}

class ValueWriter implements ColumnWriter {
  private readonly compute: (row: number) => ScalarValue
  private readonly type: DataType
  private values: ScalarValue[] = []

  constructor(
    private readonly context: KernelContext,
    node: RecordNode,
  ) {
    this.compute = computeOf(node)
    this.type = node.type
  }

  begin(): void {
    this.values = []
  }

  write(row: number): void {
    this.values.push(this.compute(row))
  }

  finish(): Vector {
    const { memory, scratch } = this.context
    return { ...vectorFromValues(this.type, this.values, memory, scratch), blocks: [] }
  }
}
