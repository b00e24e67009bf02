// JavaScript functions inside a plan, in parallel. Run: node docs/examples/user-function.mjs
import { open } from 'volley'

const engine = await open()
const module = new URL('./price-rules.mjs', import.meta.url)
const orders = engine.scanParquet('data-fixtures/orders.parquet')

// Over whole batches, in the worker threads.
const discounted = orders
  .select('unit_price::double as price', 'discount')
  .mapBatches({ module, function: 'discountPrices', kwargs: { floor: 10 } }, { schema: { price: 'float64' } })
  .groupBy()
  .agg({ lowest: 'min(price)', average: 'avg(price)' })
for await (const row of discounted.rows()) console.log(row)

// Row by row: one row can become many.
const words = orders
  .mapRows({ module, function: 'splitNote' }, { schema: { order_id: 'int32', word: 'utf8' } })
  .groupBy('word')
  .agg({ times: 'count(*)' })
  .sort({ by: 'times', descending: true }, 'word')
  .limit(3)
for await (const row of words.rows()) console.log(row)

// A closure runs in the main thread: it sees local variables, but nothing runs beside it.
const rate = 1.19
const withTax = orders.limit(2).mapRows((row) => ({ id: row.order_id, gross: Number(row.unit_price) * rate }), {
  schema: { id: 'int32', gross: 'float64' },
})
for await (const row of withTax.rows()) console.log(row.id, row.gross.toFixed(2))

await engine.close()
