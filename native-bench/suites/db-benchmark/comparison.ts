/** Results of different engines, in any order of rows, as answers that can be compared. */

import type { Answer, Cell } from '../../answers.js'
import type { PolarsEngine, PolarsExpression } from '../../engines/polars.js'
import type { Comparison } from './work.js'

/** What is less than this comes of rounding: engines add up in different orders. */
const NOTHING = 1e-12

/** Sorted by all columns. What has no value for an engine, such as the deviation of one number, is null. */
export function sortedRows(rows: Answer): Answer {
  return rows.map((row) => row.map(cleaned)).sort(compareRows)
}

function cleaned(cell: Cell): Cell {
  if (cell === 'NaN' || Number.isNaN(cell)) return null
  return typeof cell === 'number' && Math.abs(cell) < NOTHING ? '0' : cell
}

function compareRows(a: readonly Cell[], b: readonly Cell[]): number {
  for (const [i, cell] of a.entries()) {
    const other = b[i]
    if (cell === other) continue
    if (typeof cell === 'number' && typeof other === 'number') return cell - other
    return String(cell) < String(other) ? -1 : 1
  }
  return 0
}

/** The list of a SELECT. */
export function sqlSums(comparison: Exclude<Comparison, 'rows'>): readonly string[] {
  // As doubles, so that no product overflows.
  return [
    'count(*)',
    ...comparison.sums.map((product) => `sum(${product.map((name) => `${name}::double`).join(' * ')})`),
  ]
}

export function polarsSums({ pl }: PolarsEngine, comparison: Exclude<Comparison, 'rows'>): PolarsExpression[] {
  const sums = comparison.sums.map((product) => {
    const [first, ...others] = product.map((name) => pl.col(name).cast(pl.Float64))
    return others
      .reduce((left, right) => left.mul(right), first)
      .sum()
      .alias(product.join('*'))
  })
  // Not `rows`: columns hide the methods of a data frame.
  return [pl.len().alias('row_count'), ...sums]
}

/** `value` gives a column of a row; what it has no number for counts as nothing. */
export function loopedSums(
  comparison: Exclude<Comparison, 'rows'>,
  rows: number,
  value: (row: number, column: string) => unknown,
): Answer {
  const sums = comparison.sums.map((product) => {
    let sum = 0
    for (let row = 0; row < rows; row++) sum += product.reduce((left, name) => left * Number(value(row, name) ?? 0), 1)
    return sum
  })
  return [[String(rows), ...sums]]
}
