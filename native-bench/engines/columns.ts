/** Columns as JavaScript programs keep them: what engines without a Parquet reader of their own are loaded with. */

import { type Cell, numberCell } from '../answers.js'
import { openHyparquet } from './hyparquet.js'

export type Column = Float64Array | readonly unknown[]

/**
 * The named columns of a Parquet file, flat ones only. Numbers of every type are floating point, exactly so up to 2^53;
 * dates are Dates, texts strings. A column with a null is an array with nulls.
 */
export async function loadColumns(path: string, names: readonly string[]): Promise<Record<string, Column>> {
  const columns: Record<string, Column> = {}
  const scales = new Map<string, number>()
  const chunks: { column: string; values: ArrayLike<unknown>; row: number }[] = []
  const { schema, num_rows: rows } = await (await openHyparquet()).read(path, names, (chunk) => chunks.push(chunk))
  for (const { name, converted_type: type, scale } of schema) if (type === 'DECIMAL') scales.set(name, scale ?? 0)
  for (const name of names) {
    columns[name] = columnOf(
      chunks.filter(({ column }) => column === name),
      Number(rows),
      scales.get(name) ?? null,
    )
  }
  return columns
}

function columnOf(
  chunks: readonly { values: ArrayLike<unknown>; row: number }[],
  rows: number,
  scale: number | null,
): Column {
  const numeric = chunks.every(({ values }) => allNumbers(values))
  const column: Float64Array | unknown[] = numeric ? new Float64Array(rows) : new Array<unknown>(rows)
  for (const { values, row } of chunks) {
    for (let i = 0; i < values.length; i++) column[row + i] = plain(values[i], scale)
  }
  return column
}

function allNumbers(values: ArrayLike<unknown>): boolean {
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] !== 'number' && typeof values[i] !== 'bigint') return false
  }
  return true
}

/** A decimal comes as its unscaled value times a rounded power of ten: rounded, it is the nearest number to it. */
function plain(value: unknown, scale: number | null): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (scale !== null && typeof value === 'number') return Math.round(value * 10 ** scale) / 10 ** scale
  return value ?? null
}

/** What plain values are in an answer. */
export function plainCell(value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return numberCell(value)
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  return String(value)
}
