/** How large batches are: what passes an operator, not what it holds. */

import { type Batch, bitmapBytes, type MemoryViews, type Vector } from '../../io/batch.js'

/**
 * Bytes of the buffers of all columns, as far as the rows of the batch reach. A dictionary is shared by many batches and
 * does not pass with each: of such a column the codes count.
 */
export function batchBytes(views: MemoryViews, { columns }: Batch): number {
  return columns.reduce((sum, column) => sum + vectorBytes(views, column, 0, column.length), 0)
}

/** Rows [start, start + length) of a vector. */
function vectorBytes(views: MemoryViews, vector: Vector, start: number, length: number): number {
  const rows = vector.constant ? Math.min(length, 1) : length
  const validity = vector.validity === 0 ? 0 : bitmapBytes(rows)
  if (rows === 0 || vector.type.kind === 'null') return 0
  if (vector.dictionary !== null) return validity + rows * vector.width
  switch (vector.type.kind) {
    case 'bool':
      return validity + bitmapBytes(rows)
    case 'utf8':
    case 'binary': {
      const [first, end] = offsetsOf(views, vector, start, rows)
      return validity + rows * 4 + end - first
    }
    case 'list':
    case 'map': {
      const [first, end] = offsetsOf(views, vector, start, rows)
      return validity + rows * 4 + vectorBytes(views, vector.children[0], first, end - first)
    }
    case 'struct':
      return vector.children.reduce((sum, child) => sum + vectorBytes(views, child, start, rows), validity)
    default:
      return validity + rows * vector.width
  }
}

function offsetsOf(views: MemoryViews, { offsets }: Vector, start: number, rows: number): readonly [number, number] {
  return [views.i32[offsets / 4 + start], views.i32[offsets / 4 + start + rows]]
}
