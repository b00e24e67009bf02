/** How large rows of vectors are in memory. */

import { bitmapBytes, type MemoryViews, type Vector } from './batch.js'

/**
 * Bytes of the buffers of a vector's rows [start, start + length). A dictionary is shared by many vectors: of such a
 * vector the codes count.
 */
export function vectorBytes(views: MemoryViews, vector: Vector, start: number, length: number): number {
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
