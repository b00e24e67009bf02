/**
 * Generates a wholesale warehouse after the TPC-H tables lineitem, orders, customer and part: the same columns, types,
 * key relations and value distributions (TPC-H specification 3.0, section 4.2.3), but not dbgen's bytes.
 *
 * Every value is a hash of its row's keys, so the tables are the same whatever the number of threads.
 */

import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { seededRandom } from './random.js'
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
const TEXT_POOL_LENGTH = 16_384

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
    const text = textPool(TEXT_POOL_LENGTH)
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

const WORDS =
  'about above according accounts across after against along among asymptotes at attainments beside between blithely bold brave busy careful carefully close courts daring dependencies deposits detect dogged doggedly dolphins engage epitaphs escapades even evenly excuses express final fluffily foxes frays furiously gifts grouches grow haggle hockey ideas impress instructions integrate ironic kindle nag packages pending permanent pinto platelets players quick quickly quiet realms regular requests ruthless sauternes sentiments sheaves silent slyly special stealthy theodolites thin use waters wake warhorses'.split(
    ' ',
  )

/** Words of which comments are cut at any letter, as dbgen does. Plain ASCII without quotes. */
function textPool(length: number): string {
  const random = seededRandom(19_920_101)
  let text = ''
  while (text.length < length)
    text += `${random.pick(WORDS)}${random.chance(0.1) ? ', ' : random.chance(0.1) ? '. ' : ' '}`
  return text.slice(0, length)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
