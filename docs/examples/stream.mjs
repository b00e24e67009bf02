// Batches as they come, progress, and a run that is stopped. Run: node docs/examples/stream.mjs
import { open } from 'volley'

const engine = await open({ threads: 2 })
const orders = engine.scanParquet('data-fixtures/orders.parquet')

// Reading pauses while the loop is busy: memory stays flat however large the input is.
let rows = 0
for await (const batch of orders.stream()) rows += batch.numRows
console.log(`${rows} rows`)

// Leaving the loop early ends the run.
for await (const batch of orders.stream()) {
  console.log(`first columns: ${batch.schema.fields.slice(0, 3).map((field) => field.name)}`)
  break
}

const stop = new AbortController()
stop.abort()
try {
  await orders.sort('customer').collect({ signal: stop.signal, onProgress: (event) => console.log(event.rows) })
} catch (error) {
  console.log(error.code)
}

await engine.close()
