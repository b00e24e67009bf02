/**
 * Writes data-fixtures/orders.parquet with DuckDB, so that volley's own writer has no part in what its reader is
 * tested on. Run after a build: node dist/data-fixtures/make-orders.js [rows] [output]
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { generateOrders, type Order } from './orders.js'

const SHIPPED_FILE = fileURLToPath(new URL('../../data-fixtures/orders.parquet', import.meta.url))
const SHIPPED_ROWS = 50_000
/** Small enough that the shipped file has several row groups; DuckDB writes multiples of 2,048. */
const ROW_GROUP_SIZE = 10_240

const COLUMNS = `{order_id: 'INTEGER', customer: 'VARCHAR', country: 'VARCHAR', product: 'VARCHAR', category: 'VARCHAR',
  quantity: 'TINYINT', unit_price: 'DECIMAL(10,2)', discount: 'DOUBLE', ordered_at: 'TIMESTAMP', shipped: 'DATE',
  status: 'VARCHAR', note: 'VARCHAR'}`

/** Writes `rows` orders to a Parquet file at `output`, replacing it. */
async function writeOrders(output: string, rows: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'volley-orders-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const lines = join(directory, 'orders.ndjson')
    await writeFile(lines, Array.from(generateOrders(rows), toLine).join('\n'))
    const connection = await instance.connect()
    await connection.run(
      `copy (from read_json('${lines}', format = 'newline_delimited', columns = ${COLUMNS}))
       to '${output.replaceAll("'", "''")}' (format parquet, compression snappy, row_group_size ${ROW_GROUP_SIZE})`,
    )
    connection.closeSync()
  } finally {
    instance.closeSync()
    await rm(directory, { recursive: true, force: true })
  }
}

function toLine(order: Order): string {
  return JSON.stringify({
    order_id: order.orderId,
    customer: order.customer,
    country: order.country,
    product: order.product,
    category: order.category,
    quantity: order.quantity,
    unit_price: (order.unitPriceCents / 100).toFixed(2),
    discount: order.discount,
    ordered_at: order.orderedAt,
    shipped: order.shipped,
    status: order.status,
    note: order.note,
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeOrders(process.argv[3] ?? SHIPPED_FILE, Number(process.argv[2] ?? SHIPPED_ROWS))
}
