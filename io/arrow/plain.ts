/** Brings vectors that are constant, dictionary encoded or narrow to the one layout that Arrow's types prescribe. */

import { InternalError } from '../../planner/errors.js'
import { type Allocate, align64, type MemoryViews, type Vector, vector } from '../batch.js'
import { readValue } from '../values.js'
import { vectorFromValues } from '../vector-from-values.js'

const MAX_OFFSET = 2 ** 31 - 1

/**
 * The vector itself if it is in Arrow's layout already; otherwise a copy that owns a fresh block, validity excepted,
 * which may be shared with `source`. Decimals come out at 16 bytes. Does not look into children.
 */
export function plainVector(source: Vector, memory: MemoryViews, allocate: Allocate): Vector {
  if (source.type.kind === 'null') return source.constant ? { ...source, constant: false } : source
  if (source.constant) {
    const value = readValue(memory, source, 0)
    const repeated = vectorFromValues(source.type, new Array(source.length).fill(value), memory, allocate)
    return widen(repeated, memory, allocate)
  }
  if (source.dictionary !== null) {
    if (source.dictionary.offsets === 0) return widen(gather(source, memory, allocate), memory, allocate)
    return gatherBytes(source, source.dictionary, memory, allocate)
  }
  return widen(source, memory, allocate)
}

function widen(source: Vector, memory: MemoryViews, allocate: Allocate): Vector {
  if (source.type.kind !== 'decimal' || source.width === 16) return source
  const block = allocate(align64(source.length * 16))
  const { i32 } = memory
  const from = source.values / 4
  const to = block / 4
  for (let row = 0; row < source.length; row++) {
    const high = i32[from + row * 2 + 1]
    i32[to + row * 4] = i32[from + row * 2]
    i32[to + row * 4 + 1] = high
    i32[to + row * 4 + 2] = high >> 31
    i32[to + row * 4 + 3] = high >> 31
  }
  return { ...source, values: block, width: 16, blocks: [block] }
}

/** Decodes a dictionary of values without offsets, one by one. */
function gather(source: Vector, memory: MemoryViews, allocate: Allocate): Vector {
  const values = Array.from({ length: source.length }, (_, row) => readValue(memory, source, row))
  return vectorFromValues(source.type, values, memory, allocate)
}

function gatherBytes(source: Vector, dictionary: Vector, memory: MemoryViews, allocate: Allocate): Vector {
  const { i32, u8 } = memory
  const codes = source.values / 4
  const starts = dictionary.offsets / 4
  const isNull = (row: number): boolean =>
    source.validity !== 0 && ((u8[source.validity + (row >>> 3)] >> (row & 7)) & 1) === 0
  let total = 0
  for (let row = 0; row < source.length; row++) {
    if (!isNull(row)) total += i32[starts + i32[codes + row] + 1] - i32[starts + i32[codes + row]]
  }
  if (total > MAX_OFFSET) throw new InternalError(`a dictionary of ${source.length} rows decodes to ${total} bytes`)
  const offsetBytes = align64((source.length + 1) * 4)
  const block = allocate(offsetBytes + align64(Math.max(1, total)))
  const values = block + offsetBytes
  const ends = block / 4
  let used = 0
  i32[ends] = 0
  for (let row = 0; row < source.length; row++) {
    if (!isNull(row)) {
      const at = starts + i32[codes + row]
      const start = dictionary.values + i32[at]
      const end = dictionary.values + i32[at + 1]
      u8.copyWithin(values + used, start, end)
      used += end - start
    }
    i32[ends + row + 1] = used
  }
  return vector(source.type, source.length, { validity: source.validity, offsets: block, values, blocks: [block] })
}
