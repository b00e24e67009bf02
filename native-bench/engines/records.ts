/** Plain JavaScript: an array of objects, and loops over it. */

import type { Answer } from '../answers.js'
import { loadColumns, plainCell } from './columns.js'

export type PlainRecord = Readonly<Record<string, unknown>>

/** The named columns of a Parquet file as an object per row: numbers, strings, Dates and nulls. */
export async function loadRecords<Row = PlainRecord>(path: string, columns: readonly string[]): Promise<Row[]> {
  const loaded = Object.values(await loadColumns(path, columns))
  return Array.from(
    { length: loaded[0]?.length ?? 0 },
    (_, row) => Object.fromEntries(columns.map((name, i) => [name, loaded[i][row]])) as Row,
  )
}

/** `columns`: in the order of the answer. */
export function recordsAnswer<Row extends object>(rows: readonly Row[], columns: readonly (keyof Row)[]): Answer {
  return rows.map((row) => columns.map((name) => plainCell(row[name])))
}
