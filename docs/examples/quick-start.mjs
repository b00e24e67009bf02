// Filter, compute, group and sort; as an Arrow table and as a Parquet file. Run: node docs/examples/quick-start.mjs
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { col, count, open, sum } from 'volley'

const engine = await open()

const orders = engine.scanParquet('data-fixtures/orders.parquet')
const revenue = orders
  .filter(col('status').eq('delivered').and(col('quantity').gte(2)))
  .withColumns({ total: col('quantity').mul(col('unit_price')) })
  .groupBy('country')
  .agg({ orders: count(), revenue: sum('total') })
  .sort({ by: 'revenue', descending: true })

// An apache-arrow Table whose columns are views of the engine's memory.
const table = await revenue.limit(3).collect()
console.log(table.schema.fields.map((field) => `${field.name}: ${field.type}`).join(', '))

// The same rows as plain objects: decimals as exact text, 64-bit integers as bigint.
for await (const row of revenue.limit(3).rows()) console.log(row)

const output = join(await mkdtemp(join(tmpdir(), 'volley-example-')), 'revenue.parquet')
const report = await revenue.sinkParquet(output, { compression: 'zstd' })
console.log(`read ${report.rowsIn} rows, wrote ${report.rowsOut}`)

await engine.close()
