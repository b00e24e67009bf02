/** The rows that an aggregate sees at each position. */

import { readValue } from '../../../io/values.js'
import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { WindowFrame } from '../../../planner/expression.js'
import { typeName } from '../../../planner/types.js'
import type { OperatorContext } from '../operator-context.js'
import type { SortColumn } from '../sort/keys.js'
import type { Layout } from './layout.js'

/** Positions [from, to) for each position; neither decreases from one position to the next. */
export interface Frames {
  readonly from: Uint32Array
  readonly to: Uint32Array
}

/** `frame` null is from the start of the partition to the last peer. */
export function framesOf(
  context: OperatorContext,
  layout: Layout,
  frame: WindowFrame | null,
  orderBy: readonly SortColumn[],
): Frames {
  if (frame === null) return { from: layout.partitionStart, to: layout.peerEnd }
  const { unit, start, end } = frame
  if (unit === 'range' && ((start ?? 0) !== 0 || (end ?? 0) !== 0)) {
    return new RangeFrames(context, layout, frame, orderBy).frames()
  }
  const rows = unit === 'rows'
  const { partitionStart, partitionEnd, peerStart, peerEnd } = layout
  return {
    from: start === null ? partitionStart : rows ? shifted(layout, start) : peerStart,
    to: end === null ? partitionEnd : rows ? shifted(layout, end + 1) : peerEnd,
  }
}

/** Each position moved by `distance`, within its partition. */
function shifted({ rows, partitionStart, partitionEnd }: Layout, distance: number): Uint32Array {
  const result = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) {
    result[i] = Math.max(partitionStart[i], Math.min(partitionEnd[i], i + distance))
  }
  return result
}

/** Bounds by the distance of keys: whole numbers of what the key counts in (days, for dates). */
class RangeFrames {
  /** Keys in the unit of the offsets, negated if they descend; null where the row has none. */
  private readonly keys: (number | bigint | null)[]
  private readonly unit: bigint
  private readonly descending: boolean

  constructor(
    context: OperatorContext,
    private readonly layout: Layout,
    private readonly frame: WindowFrame,
    orderBy: readonly SortColumn[],
  ) {
    const { vector, descending } = oneNumber(orderBy)
    const { type } = vector
    this.descending = descending
    this.unit = type.kind === 'decimal' ? 10n ** BigInt(type.scale) : 1n
    this.keys = Array.from(layout.order, (row) => {
      const value = readValue(context.memory, vector, row)
      if (value === null) return null
      if (typeof value !== 'number' && typeof value !== 'bigint') throw new InternalError('a key is no number')
      return descending ? -value : value
    })
  }

  frames(): Frames {
    const { start, end } = this.frame
    const from = start === null ? this.layout.partitionStart : this.bounds(start, false)
    const to = end === null ? this.layout.partitionEnd : this.bounds(end, true)
    return { from, to }
  }

  /** The first position whose key is at least, or beyond if `after`, the current one plus `distance`. */
  private bounds(distance: number, after: boolean): Uint32Array {
    const { rows, partitionStart, partitionEnd, peerStart, peerEnd } = this.layout
    const { keys } = this
    const result = new Uint32Array(rows)
    let at = 0
    for (let i = 0; i < rows; i++) {
      const key = keys[i]
      if (key === null) {
        // Nulls are at no distance from anything but each other.
        result[i] = after ? peerEnd[i] : peerStart[i]
        continue
      }
      if (at < partitionStart[i]) at = partitionStart[i]
      while (at < partitionEnd[i] && keys[at] === null && at < i) at++
      const limit = typeof key === 'bigint' ? key + BigInt(distance) * this.unit : key + distance
      while (at < partitionEnd[i] && isBefore(keys[at], limit, after, this.descending)) at++
      result[i] = at
    }
    return result
  }
}

function oneNumber(orderBy: readonly SortColumn[]): SortColumn {
  const [key] = orderBy
  const kind = key?.vector.type.kind
  if (orderBy.length === 1 && (kind === 'int' || kind === 'float' || kind === 'decimal' || kind === 'date')) return key
  const found = orderBy.map(({ vector }) => typeName(vector.type)).join(', ') || 'none'
  throw new VolleyError(
    'VOLLEY_UNSUPPORTED',
    `a RANGE frame with offsets takes one ORDER BY key, a number or a date; found ${found}`,
  )
}

/** NaN is beyond all other numbers, or before them where the order descends; null ends the keys. */
function isBefore(key: number | bigint | null, limit: number | bigint, orEqual: boolean, descending: boolean): boolean {
  if (key === null) return false
  if (Number.isNaN(key)) return Number.isNaN(limit) ? orEqual : descending
  if (Number.isNaN(limit)) return !descending
  return orEqual ? key <= limit : key < limit
}
