// An operator of your own, with a port for what it rejects. Run: node docs/examples/component.mjs
import { Component, open } from 'volley'

/** Splits the notes of orders into words; notes that are too long leave by another port. */
class Words extends Component {
  name = 'words'
  schema = { order_id: 'int32', word: 'varchar' }
  ports = { rejects: { order_id: 'int32', reason: 'varchar' } }

  // Row, or bulk and bigdata by derivation: a record at a time.
  processRow({ order_id, note }, emit) {
    if (note === null) return null
    if (note.length <= 40) return note.split(' ').map((word) => ({ order_id, word }))
    emit({ order_id, reason: `${note.length} characters` }, 'rejects')
    return null
  }
}

/** The share of each country in all orders: a query, which needs all of its input. */
class Shares extends Component {
  name = 'shares'
  schema = { country: 'varchar', share: 'float64' }

  processBigData({ sql }) {
    return `SELECT country, count(*) / sum(count(*)) OVER () AS share FROM ${sql} GROUP BY country ORDER BY share DESC`
  }
}

const engine = await open()
const orders = engine.scanParquet('data-fixtures/orders.parquet')

const words = orders.apply(new Words()).groupBy('word').agg({ times: 'count(*)' })
let rejected = 0
const ports = {
  rejects: (batch) => {
    rejected += batch.numRows
  },
}
const top = words.sort({ by: 'times', descending: true }, 'word').limit(3)
for await (const row of top.rows({ ports })) console.log(row)
console.log(`${rejected} notes were too long`)

const shares = orders.apply(new Shares()).limit(3)
console.log(await shares.explain())
for await (const row of shares.rows()) console.log(row.country, row.share.toFixed(3))

await engine.close()
