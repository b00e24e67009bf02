/** The order in which window functions see rows: by partition, then by key, with ties kept in input order. */

import type { Vector } from '../../../io/batch.js'
import { InternalError } from '../../../planner/errors.js'
import { typeName } from '../../../planner/types.js'
import { expand, plain } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { SortColumn } from '../sort/keys.js'
import { sortIndices } from '../sort.js'

/** A position is a place in the order; all arrays have one entry a position, and hold positions but for `order`. */
export interface Layout {
  readonly rows: number
  /** The input row at each position. */
  readonly order: Uint32Array
  /** The partition is [partitionStart, partitionEnd), the rows with equal order keys are [peerStart, peerEnd). */
  readonly partitionStart: Uint32Array
  readonly partitionEnd: Uint32Array
  readonly peerStart: Uint32Array
  readonly peerEnd: Uint32Array
}

/** Without order keys all rows of a partition are peers. */
export function layOut(
  context: OperatorContext,
  partitionBy: readonly Vector[],
  orderBy: readonly SortColumn[],
  rows: number,
): Layout {
  const { u8, u32 } = context.memory
  const partitionKeys = partitionBy.map((vector) => ({ vector, descending: false, nullsFirst: false }))
  const indices = sortedRows(context, [...partitionKeys, ...orderBy], rows)
  const changes = context.scratch(rows)
  u8.fill(0, changes, changes + rows)
  for (const key of partitionBy) markChanges(context, key, indices, rows, changes)
  const partitions = stretches(u8.subarray(changes, changes + rows))
  for (const { vector } of orderBy) markChanges(context, vector, indices, rows, changes)
  const peers = stretches(u8.subarray(changes, changes + rows))
  return {
    rows,
    order: u32.slice(indices / 4, indices / 4 + rows),
    partitionStart: partitions.start,
    partitionEnd: partitions.end,
    peerStart: peers.start,
    peerEnd: peers.end,
  }
}

/** Address of the rows (u32) in order. */
function sortedRows(context: OperatorContext, keys: readonly SortColumn[], rows: number): number {
  const varying = keys.filter(({ vector }) => !vector.constant && vector.type.kind !== 'null')
  if (varying.length > 0) return sortIndices(context, varying, rows)
  const indices = context.scratch(rows * 4)
  context.wasm.take_sequence(0, rows, indices)
  return indices
}

/** Sets the byte of each position whose key differs from that of the position before. */
function markChanges(context: OperatorContext, source: Vector, indices: number, rows: number, out: number): void {
  // A table without rows may have no offsets either.
  if (rows === 0 || source.constant || source.type.kind === 'null') return
  const key = plain(context, expand(context, source))
  const { type, values, validity, offsets, width } = key
  const { wasm } = context
  if (type.kind === 'bool') wasm.window_mark_bits(values, validity, indices, rows, out)
  else if (offsets !== 0 && (type.kind === 'utf8' || type.kind === 'binary')) {
    wasm.window_mark_bytes(offsets, values, validity, indices, rows, out)
  } else if (type.kind === 'float') wasm.window_mark_float(values, width, validity, indices, rows, out)
  else if (width > 0) wasm.window_mark_fixed(values, width, validity, indices, rows, out)
  else throw new InternalError(`no window over keys of type ${typeName(type)}`)
}

/** First and end of the stretch of each position, where marked positions begin one. */
function stretches(marks: Uint8Array): { start: Uint32Array; end: Uint32Array } {
  const rows = marks.length
  const start = new Uint32Array(rows)
  const end = new Uint32Array(rows)
  let first = 0
  for (let i = 0; i <= rows; i++) {
    if (i < rows && marks[i] === 0) continue
    start.fill(first, first, i)
    end.fill(i, first, i)
    first = i
  }
  return { start, end }
}
