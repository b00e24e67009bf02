/** Which rows of a vector are meant: a range, or a list of them where its form calls for one. */

import type { MemoryViews, Vector } from '../batch.js'

export interface RowChoice {
  readonly start: number
  readonly count: number
  /** The rows one by one, or null for [start, start + count). */
  readonly index: Int32Array | null
}

export function rowRange(start: number, count: number): RowChoice {
  return { start, count, index: null }
}

/** The rows of a constant vector are all its first one. */
export function storedRows(source: Vector, rows: RowChoice): RowChoice {
  return source.constant ? { ...rows, index: new Int32Array(rows.count) } : rows
}

/**
 * The plain vector that holds the values of `source`, and the rows of it that `rows` of `source` point to.
 * The rows of nulls are valid places with undefined contents.
 */
export function plainRows(memory: MemoryViews, source: Vector, rows: RowChoice): { base: Vector; rows: RowChoice } {
  const stored = storedRows(source, rows)
  const { dictionary } = source
  if (dictionary === null) return { base: source, rows: stored }
  const index = new Int32Array(rows.count)
  const codes = source.values / 4
  for (let i = 0; i < index.length; i++) {
    const code = memory.i32[codes + (stored.index === null ? stored.start + i : stored.index[i])]
    index[i] = code >>> 0 < dictionary.length ? code : 0
  }
  return { base: dictionary, rows: { ...rows, index } }
}
