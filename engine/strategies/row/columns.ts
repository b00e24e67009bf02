/** Columns of slices as nodes: each is bound to the vectors of one slice after another and read at any of their rows. */

import type { MemoryViews, Vector } from '../../../io/batch.js'
import { readInt128, readText, readValue } from '../../../io/values.js'
import { unreachable } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { type DataType, valueWidth } from '../../../planner/types.js'
import type { KernelContext } from '../../kernels/kernel.js'
import { expand, plain } from '../../kernels/vectors.js'
import { type Evaluate, FALSE, kindOf, type RecordNode, TRUE, UNKNOWN } from './nodes.js'

export interface BoundColumn {
  readonly node: RecordNode
  /** Makes the node read from `vector`. Uses scratch, which must stay while rows are read. */
  bind(vector: Vector): void
}

export function boundColumn(context: KernelContext, type: DataType): BoundColumn {
  if (type.kind === 'utf8' || type.kind === 'binary') return textColumn(context, type)
  const kind = kindOf(type)
  switch (kind) {
    case 'number':
      return numberColumn(context, type)
    case 'exact':
      return exactColumn(context, type)
    case 'bool':
      return boolColumn(context, type)
    case 'value':
      return valueColumn(context, type)
    default:
      return unreachable(kind)
  }
}

/** Where the values of the bound vector are; addresses in units of the values, `validity` in bytes. */
interface Place {
  values: number
  validity: number
}

/** A closure for each storage, as a shared one would meet arrays of all kinds and be slow for each. */
const NUMBER_READERS: Readonly<
  Record<string, (memory: MemoryViews, place: Place, cell: Float64Array, isValid: Evaluate) => Evaluate>
> = {
  float64:
    ({ f64 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = f64[place.values + row]
      return true
    },
  float32:
    ({ f32 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = f32[place.values + row]
      return true
    },
  int32:
    ({ i32 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = i32[place.values + row]
      return true
    },
  uint32:
    ({ u32 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = u32[place.values + row]
      return true
    },
  int16:
    ({ i16 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = i16[place.values + row]
      return true
    },
  uint16:
    ({ u16 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = u16[place.values + row]
      return true
    },
  int8:
    ({ i8 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = i8[place.values + row]
      return true
    },
  uint8:
    ({ u8 }, place, cell, isValid) =>
    (row) => {
      if (place.validity !== 0 && !isValid(row)) return false
      cell[0] = u8[place.values + row]
      return true
    },
}

function numberColumn(context: KernelContext, type: DataType): BoundColumn {
  const cell = new Float64Array(1)
  const place: Place = { values: 0, validity: 0 }
  const width = valueWidth(type)
  const evaluate = NUMBER_READERS[storageOf(type)](context.memory, place, cell, validBit(context.memory, place))
  return {
    node: { kind: 'number', type, cell, evaluate },
    bind(vector) {
      const full = plainRows(context, vector)
      place.values = full.values / width
      place.validity = full.validity
    },
  }
}

function storageOf(type: DataType): string {
  if (type.kind === 'float') return `float${type.bits}`
  if (type.kind === 'int') return `${type.signed ? 'int' : 'uint'}${type.bits}`
  return 'int32'
}

/** Above and at the low limit, the upper half of a 64-bit integer leaves it exact as a double. */
const HIGH_LIMIT = 2 ** 21
const WORD = 2 ** 32

function exactColumn(context: KernelContext, type: DataType): BoundColumn {
  const { i32, u32, i64, u64 } = context.memory
  const cell = new Float64Array(1)
  const large = { value: 0n }
  const place: Place = { values: 0, validity: 0 }
  const isValid = validBit(context.memory, place)
  const signed: Evaluate = (row) => {
    if (place.validity !== 0 && !isValid(row)) return false
    const at = (place.values + row) * 2
    const high = i32[at + 1]
    if (high >= -HIGH_LIMIT && high < HIGH_LIMIT) cell[0] = high * WORD + u32[at]
    else {
      cell[0] = Number.NaN
      large.value = i64[place.values + row]
    }
    return true
  }
  const unsigned: Evaluate = (row) => {
    if (place.validity !== 0 && !isValid(row)) return false
    const at = (place.values + row) * 2
    if (u32[at + 1] < HIGH_LIMIT) cell[0] = u32[at + 1] * WORD + u32[at]
    else {
      cell[0] = Number.NaN
      large.value = u64[place.values + row]
    }
    return true
  }
  const wide: Evaluate = (row) => {
    if (place.validity !== 0 && !isValid(row)) return false
    const at = (place.values + row) * 4
    const high = i32[at + 1]
    const sign = high >> 31
    if (i32[at + 2] === sign && i32[at + 3] === sign && high >= -HIGH_LIMIT && high < HIGH_LIMIT) {
      cell[0] = high * WORD + u32[at]
    } else {
      cell[0] = Number.NaN
      large.value = readInt128(context.memory, at * 4)
    }
    return true
  }
  const narrow: Evaluate = (row) => {
    if (place.validity !== 0 && !isValid(row)) return false
    cell[0] = i32[place.values + row]
    return true
  }
  const eight = type.kind === 'int' && !type.signed ? unsigned : signed
  let read = eight
  const isOfOneForm = type.kind !== 'decimal' && type.kind !== 'time'
  return {
    node: { kind: 'exact', type, cell, large, evaluate: isOfOneForm ? eight : (row) => read(row) },
    bind(vector) {
      const full = plainRows(context, vector)
      place.values = full.values / full.width
      place.validity = full.validity
      read = full.width === 8 ? eight : full.width === 16 ? wide : narrow
    },
  }
}

function boolColumn(context: KernelContext, type: DataType): BoundColumn {
  const { u8 } = context.memory
  const place: Place = { values: 0, validity: 0 }
  const isValid = validBit(context.memory, place)
  return {
    node: {
      kind: 'bool',
      type,
      test: (row) => {
        if (place.validity !== 0 && !isValid(row)) return UNKNOWN
        return (u8[place.values + (row >>> 3)] >> (row & 7)) & 1 ? TRUE : FALSE
      },
    },
    bind(vector) {
      const full = expand(context, vector)
      place.values = full.values
      place.validity = full.validity
    },
  }
}

/** Dictionaries stay encoded: only the addresses of bytes are looked up. Their texts are decoded once in a slice. */
function textColumn(context: KernelContext, type: DataType): BoundColumn {
  const { memory } = context
  const { i32 } = memory
  const span = new Float64Array(2)
  const place: Place = { values: 0, validity: 0 }
  const isValid = validBit(memory, place)
  /** Codes of rows and ends of texts, as indexes of int32; codes are -1 where there are none. */
  let codes = -1
  let offsets = 0
  let step = 1
  let entry = 0
  let decoded: (string | undefined)[] = []
  const evaluate: Evaluate = (row) => {
    const index = row * step
    if (place.validity !== 0 && !isValid(index)) return false
    entry = codes < 0 ? index : i32[codes + index]
    span[0] = place.values + i32[offsets + entry]
    span[1] = place.values + i32[offsets + entry + 1]
    return true
  }
  const decode = () => {
    if (codes < 0) return readText(memory, span[0], span[1])
    decoded[entry] ??= readText(memory, span[0], span[1])
    return decoded[entry] as string
  }
  return {
    node: {
      kind: 'text',
      type,
      span,
      evaluate,
      read: type.kind === 'utf8' ? decode : () => memory.u8.slice(span[0], span[1]),
    },
    bind(vector) {
      const data = vector.dictionary ?? vector
      place.values = data.values
      place.validity = vector.validity
      offsets = data.offsets / 4
      codes = vector.dictionary === null ? -1 : vector.values / 4
      step = vector.constant ? 0 : 1
      decoded = []
    },
  }
}

function valueColumn({ memory }: KernelContext, type: DataType): BoundColumn {
  const box: { value: ScalarValue } = { value: null }
  let bound: Vector | null = null
  return {
    node: {
      kind: 'value',
      type,
      box,
      evaluate: (row) => {
        box.value = bound === null ? null : readValue(memory, bound, row)
        return box.value !== null
      },
    },
    bind(vector) {
      bound = vector
    },
  }
}

function validBit({ u8 }: MemoryViews, place: Place): Evaluate {
  return (row) => ((u8[place.validity + (row >>> 3)] >> (row & 7)) & 1) === 1
}

/** Each row in a place of its own. */
function plainRows(context: KernelContext, vector: Vector): Vector {
  return expand(context, plain(context, vector))
}
