/** What the processes of the startup suite are asked for, and what they say. */

import { fileURLToPath } from 'node:url'

export const PACKAGE_NAMES = ['volley', 'duckdb', 'polars', 'arquero', 'parquet-wasm', 'hyparquet'] as const
export type PackageName = (typeof PACKAGE_NAMES)[number]

/**
 * `import`: loads the package. `first-result`: opens the engine, too, and runs one query. `query`: the same, untimed, and
 * prints the rows. `transform`: filters one Parquet file to another.
 */
export type Work = 'import' | 'first-result' | 'query' | 'transform'

/** The only argument of the process, as JSON. */
export interface Request {
  readonly package: PackageName
  readonly work: Work
  readonly threads: number
  /** Of an engine that takes one. */
  readonly memoryLimitBytes: number
  /** Where a transform writes. */
  readonly output: string
}

/** What a process prints that times itself: JSON, milliseconds. */
export interface Timings {
  /** From the start of the process until its first line of code, which Node takes by itself. */
  readonly boot: number
  readonly import: number
  /** Of a first result; null of an import. */
  readonly open: number | null
  readonly query: number | null
  /** Rows of the result as CSV, untimed. */
  readonly lines: readonly string[]
}

/** The orders of the demo: 50,000 rows, under a megabyte. */
export const ORDERS = fileURLToPath(new URL('../../../../data-fixtures/orders.parquet', import.meta.url))
export const ORDERS_ROWS = 50_000

export const DELIVERED = "status = 'delivered'"
const REVENUE = 'sum(quantity * unit_price)'
/** Sorted by its key: the rows come in one order. */
export const QUERY = `select country, count(*) as orders, ${REVENUE} as revenue from '${ORDERS.replaceAll("'", "''")}'
  where ${DELIVERED} group by country order by country`

export const KEPT = ['order_id', 'customer', 'product', 'quantity', 'unit_price'] as const
export const TOTAL = '(quantity * unit_price)::decimal(18,2)'
