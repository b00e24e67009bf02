/** The table that the functions read: two columns of lineitem as floating point, `price` and `discount`. */

import type { ColumnTable } from 'arquero'
import type { Engine, Frame } from '../../../index.js'
import { loadColumns } from '../../engines/columns.js'
import type { PolarsEngine, PolarsFrame } from '../../engines/polars.js'
import type { Field } from '../../races/field.js'
import { sqlText } from '../../sql-text.js'

/** A type, so that it is one of plain records. */
export type PriceRow = { readonly price: number; readonly discount: number }

const COLUMNS = ['l_extendedprice::double as price', 'l_discount::double as discount']
/** Of DuckDB, where the table is in memory. */
export const PRICES = 'prices'

export function volleyPrices(engine: Engine, lineitem: string): Frame {
  return engine.scanParquet(lineitem).select(...COLUMNS)
}

/** One frame for all runs: it takes the table into the engine's memory once, as DuckDB's table is made once. */
export async function volleyPricesInMemory(engine: Engine, lineitem: string): Promise<Frame> {
  return engine.fromArrow(await volleyPrices(engine, lineitem).collect())
}

export function duckDbPrices(lineitem: string): string {
  return `(select ${COLUMNS.join(', ')} from ${sqlText(lineitem)})`
}

export function polarsPrices({ pl }: PolarsEngine, lineitem: string): PolarsFrame {
  const double = (name: string, as: string) => pl.col(name).cast(pl.Float64).alias(as)
  return pl.scanParquet(lineitem).select(double('l_extendedprice', 'price'), double('l_discount', 'discount'))
}

export async function arqueroPrices({ arquero, tables }: Field): Promise<ColumnTable> {
  const [{ load }, { lineitem }] = [await arquero(), await tables.tpch()]
  const table = await load(lineitem, ['l_extendedprice', 'l_discount'])
  return table.rename({ l_extendedprice: 'price', l_discount: 'discount' })
}

export async function recordPrices({ tables }: Field): Promise<PriceRow[]> {
  const { l_extendedprice: prices, l_discount: discounts } = await loadColumns((await tables.tpch()).lineitem, [
    'l_extendedprice',
    'l_discount',
  ])
  return Array.from(prices, (price, row) => ({ price: Number(price), discount: Number(discounts[row]) }))
}
