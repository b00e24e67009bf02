/**
 * Generates a wholesale warehouse after TPC-H: the same eight tables, columns, types, key relations and value
 * distributions (TPC-H specification 3.0, section 4.2.3), but not dbgen's bytes.
 *
 * Every value is a hash of its row's keys, so the tables are the same whatever the number of threads.
 */

import { copiedFiles, PARQUET } from './copies.js'
import { textPool } from './text-pool.js'
import { nationQuery, partQuery, partsuppQuery, regionQuery, supplierQuery } from './warehouse-goods.js'
import { customerQuery, lineitemQuery, ordersQuery, suppliersOf, WAREHOUSE_MACROS } from './warehouse-queries.js'

export const TPCH_TABLES = [
  'lineitem',
  'orders',
  'customer',
  'part',
  'partsupp',
  'supplier',
  'nation',
  'region',
] as const
export type TpchTable = (typeof TPCH_TABLES)[number]
/** Paths of the Parquet files. */
export type TpchFiles = Readonly<Record<TpchTable, string>>

/** Lines per order are 1 to 7, 4 on average. */
const LINES_PER_ORDER = 4

/**
 * The eight files in `directory`, made unless they are there from an earlier call. lineitem gets about `rows` rows
 * (exact within a percent from 10,000 up), the others are in TPC-H's proportions: of 6,000,000 lines, 1,500,000
 * orders, 150,000 customers, 200,000 parts, 800,000 partsupp and 10,000 suppliers. From 10,000 rows up, all of TPC-H's
 * 22 queries, with the parameters of the specification, find rows.
 */
export async function warehouseFiles(directory: string, rows: number): Promise<TpchFiles> {
  const queries = warehouseQueries(rows)
  const copies = TPCH_TABLES.map((table) => ({
    name: `${table}.parquet`,
    query: queries[table],
    options: PARQUET,
  }))
  const paths = await copiedFiles(directory, `tpch-${rows}`, WAREHOUSE_MACROS, copies)
  const [lineitem, orders, customer, part, partsupp, supplier, nation, region] = paths
  return { lineitem, orders, customer, part, partsupp, supplier, nation, region }
}

/** For a DuckDB that has `WAREHOUSE_MACROS`. */
export function warehouseQueries(rows: number): Readonly<Record<TpchTable, string>> {
  const orders = Math.max(1, Math.round(rows / LINES_PER_ORDER))
  const customers = Math.max(1, Math.round(orders / 10))
  const parts = Math.max(1, Math.round((orders * 2) / 15))
  const text = textPool()
  return {
    lineitem: lineitemQuery(orders, parts, text),
    orders: ordersQuery(orders, customers, parts, text),
    customer: customerQuery(customers, text),
    part: partQuery(parts, text),
    partsupp: partsuppQuery(parts, text),
    supplier: supplierQuery(suppliersOf(parts), text),
    nation: nationQuery(text),
    region: regionQuery(text),
  }
}
