// Queries over files and frames. Run: node docs/examples/sql.mjs
import { open } from 'volley'

const engine = await open()

const late = engine.sql(`
  select country, count(*) as orders, max(shipped - ordered_at::date) as most_days
  from 'data-fixtures/orders.parquet'
  where shipped is not null
  group by country
  having count(*) > 1000
  order by orders desc
  limit 5
`)
for await (const row of late.rows()) console.log(row)

// A frame is a table by the name it is given, and the result is a frame again.
const orders = engine.scanParquet('data-fixtures/orders.parquet').filter("category = 'Audio'")
const names = engine.fromRecords([
  { code: 'DE', name: 'Germany' },
  { code: 'FR', name: 'France' },
])
const audio = engine.sql(
  'select n.name, sum(o.quantity) as pieces from orders o join names n on o.country = n.code group by n.name',
  { orders, names },
)
for await (const row of audio.sort('name').rows()) console.log(row)

await engine.close()
