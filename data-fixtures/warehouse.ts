/**
 * Generates a wholesale warehouse after the TPC-H tables lineitem, orders, customer and part: the same columns, types,
 * key relations and value distributions (TPC-H specification 3.0, section 4.2.3), but not dbgen's bytes.
 *
 * Every value is a hash of its row's keys, so the tables are the same whatever the number of threads.
 */

import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { textPool } from './text-pool.js'
import { customerQuery, lineitemQuery, ordersQuery, partQuery, WAREHOUSE_MACROS } from './warehouse-queries.js'

/** Paths of the Parquet files. */
export interface Warehouse {
  readonly lineitem: string
  readonly orders: string
  readonly customer: string
  readonly part: string
}

/** Rows per row group: DuckDB's default. */
const ROW_GROUP_SIZE = 122_880
/** Lines per order are 1 to 7, 4 on average. */
const LINES_PER_ORDER = 4

/**
 * Makes the four files in `directory`, unless they are there from an earlier call. lineitem gets about `rows` rows
 * (exact within a percent from 10,000 up), the others in TPC-H's proportions.
 */
export async function warehouseFiles(directory: string, rows: number): Promise<Warehouse> {
  const folder = join(directory, `warehouse-${rows}`)
  if (!(await exists(folder))) {
    const draft = `${folder}.${process.pid}.tmp`
    await mkdir(draft, { recursive: true })
    await generate(draft, rows)
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder)
  }
  const file = (table: string): string => join(folder, `${table}.parquet`)
  return { lineitem: file('lineitem'), orders: file('orders'), customer: file('customer'), part: file('part') }
}

async function generate(folder: string, rows: number): Promise<void> {
  const orders = Math.max(1, Math.round(rows / LINES_PER_ORDER))
  const customers = Math.max(1, Math.round(orders / 10))
  const parts = Math.max(1, Math.round((orders * 2) / 15))
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const connection = await instance.connect()
    await connection.run(WAREHOUSE_MACROS)
    const text = textPool()
    const queries = {
      lineitem: lineitemQuery(orders, parts, text),
      orders: ordersQuery(orders, customers, parts, text),
      customer: customerQuery(customers, text),
      part: partQuery(parts, text),
    }
    for (const [table, query] of Object.entries(queries)) {
      const path = join(folder, `${table}.parquet`).replaceAll("'", "''")
      await connection.run(
        `copy (${query}) to '${path}' (format parquet, compression snappy, row_group_size ${ROW_GROUP_SIZE})`,
      )
    }
    connection.closeSync()
  } finally {
    instance.closeSync()
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
