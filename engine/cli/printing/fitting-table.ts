/** Tables that fit a width: columns that are empty, or matter least, are left out. */

import { displayWidth, type TextColumn, textTable } from './text-table.js'

export interface FittingColumn extends TextColumn {
  /** Columns with the highest number go first; those with 0 stay. */
  readonly dispensable: number
}

const GAP = 2

/** The places of the columns that stay. `width` null: all that have anything in them. */
export function fittingColumns(
  columns: readonly FittingColumn[],
  rows: readonly (readonly string[])[],
  width: number | null,
): readonly number[] {
  const widths = columns.map(({ title }, place) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[place]))),
  )
  let kept = columns.map((_, place) => place).filter((place) => rows.some((row) => row[place] !== ''))
  const taken = () => kept.reduce((sum, place) => sum + widths[place] + GAP, -GAP)
  while (width !== null && taken() > width) {
    const most = Math.max(...kept.map((place) => columns[place].dispensable))
    if (most === 0) break
    const last = kept.findLast((place) => columns[place].dispensable === most)
    kept = kept.filter((place) => place !== last)
  }
  return kept
}

/** Lines, as those of `textTable`. */
export function fittingTable(
  columns: readonly FittingColumn[],
  rows: readonly (readonly string[])[],
  width: number | null,
): string {
  const kept = fittingColumns(columns, rows, width)
  return textTable(
    kept.map((place) => columns[place]),
    rows.map((row) => kept.map((place) => row[place])),
    width === null ? undefined : Math.max(8, Math.floor(width / 2)),
  )
}
