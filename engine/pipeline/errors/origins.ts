/** Where the rows of batches come from, as long as batches are passed on as they were read. */

import type { Batch } from '../../../io/batch.js'

/** A row of a file, counted from 0. */
export interface Origin {
  readonly path: string
  /** Null for files without row groups. */
  readonly rowGroup: number | null
  readonly row: number
}

/** Rows of a batch that follow each other in a file. */
interface Stretch {
  readonly rows: number
  /** Of the first row; null where it is not known. */
  readonly origin: Origin | null
}

const ORIGINS = new WeakMap<Batch, readonly Stretch[]>()

/** Says that all rows of a batch follow each other, from `origin` on. */
export function comesFrom(batch: Batch, origin: Origin): Batch {
  ORIGINS.set(batch, [{ rows: batch.length, origin }])
  return batch
}

/** Says that a batch has the rows of another from `start` on. */
export function isPartOf(whole: Batch, start: number, part: Batch): Batch {
  const stretches = ORIGINS.get(whole)
  if (stretches === undefined || whole === part) return part
  const kept: Stretch[] = []
  let first = 0
  for (const { rows, origin } of stretches) {
    const from = Math.max(start, first)
    const to = Math.min(start + part.length, first + rows)
    if (from < to) kept.push({ rows: to - from, origin: moved(origin, from - first) })
    first += rows
  }
  ORIGINS.set(part, kept)
  return part
}

/** Says that a batch has the rows of others, one after the other. */
export function isMadeOf(parts: readonly Batch[], whole: Batch): Batch {
  if (parts.some((part) => ORIGINS.has(part))) {
    const stretches = parts.flatMap((part) => ORIGINS.get(part) ?? [{ rows: part.length, origin: null }])
    ORIGINS.set(whole, stretches)
  }
  return whole
}

/** Null where it is not known. */
export function originOf(batch: Batch, row: number): Origin | null {
  let first = 0
  for (const { rows, origin } of ORIGINS.get(batch) ?? []) {
    if (row < first + rows) return moved(origin, row - first)
    first += rows
  }
  return null
}

function moved(origin: Origin | null, rows: number): Origin | null {
  return origin === null ? null : { ...origin, row: origin.row + rows }
}
