/** nodejs-polars, lazily loaded: it reads its number of threads from the environment when it loads. */

import type polars from 'nodejs-polars'
import { type Answer, type Cell, exactDecimal, numberCell } from '../answers.js'

export type Polars = typeof polars
export type PolarsExpression = ReturnType<Polars['col']>
export type PolarsFrame = ReturnType<Polars['scanParquet']>
export type PolarsData = polars.DataFrame

export interface PolarsEngine {
  readonly pl: Polars
  /** A constant of the money type of the data. */
  decimal(text: string): PolarsExpression
  /** A day as yyyy-mm-dd. */
  date(text: string): PolarsExpression
}

export async function openPolars(threads: number): Promise<PolarsEngine> {
  process.env.POLARS_MAX_THREADS = String(threads)
  const pl = (await import('nodejs-polars')).default
  return {
    pl,
    decimal: (text) => pl.lit(text).cast(pl.Decimal(15, 2)),
    date: (text) => pl.lit(text).str.strptime(pl.Date, '%Y-%m-%d'),
  }
}

/** Decimals and dates leave Polars as text: it has no JavaScript form of the former. */
export function polarsAnswer({ pl }: PolarsEngine, data: PolarsData): Answer {
  const text = data.select(
    ...data.columns.map((name) => {
      const kind = data.getColumn(name).dtype.variant
      return kind === 'Decimal' || kind === 'Date' ? pl.col(name).cast(pl.Utf8) : pl.col(name)
    }),
  )
  const decimals = data.columns.map((name) => data.getColumn(name).dtype.variant === 'Decimal')
  return text.rows().map((row) => row.map((value, i) => cellOf(value, decimals[i])))
}

function cellOf(value: unknown, isDecimal: boolean): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return numberCell(value)
  return isDecimal ? exactDecimal(String(value)) : String(value)
}
