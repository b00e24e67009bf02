/** A JSONata expression for each record of lineitem: by a step of a pipeline, and by the package alone. */

import jsonata from 'jsonata'
import { pipeline } from '../../../index.js'
import { loadRecords, recordsAnswer } from '../../engines/records.js'
import { contestant, type Race } from '../../races/race.js'

/** An evaluation takes some twenty microseconds: more records would only take longer. */
const MOST_RECORDS = 100_000
const COLUMNS = ['l_orderkey', 'l_extendedprice', 'l_discount', 'l_shipmode', 'l_comment']

const EXPRESSION = `{
  "order": l_orderkey,
  "cents": $floor(l_extendedprice * (1 - l_discount) * 100),
  "label": $lowercase(l_shipmode) & ": " & $substring(l_comment, 0, 8),
  "cheap": l_extendedprice < 20000
}`
interface Shaped {
  readonly order: number
  readonly cents: number
  readonly label: string
  readonly cheap: boolean
}
const SHAPED = { order: 'int64', cents: 'float64', label: 'utf8', cheap: 'boolean' }

interface Totals {
  readonly records: number | bigint
  readonly orders: number | bigint
  readonly cents: number
  readonly characters: number | bigint
  readonly cheap: number | bigint
}
const TOTALS = ['records', 'orders', 'cents', 'characters', 'cheap'] as const
const TOTALS_QUERY = `select count(*) as records, sum("order")::bigint as orders, sum(cents) as cents,
  sum(length(label))::bigint as characters, count(*) filter (where cheap) as cheap from input`

export const jsonataRecords: Race = {
  name: 'jsonata',
  title: `JSONata for each record, of ${MOST_RECORDS.toLocaleString('en-US')} at most`,
  sizes: ['small', 'medium'],
  engines: {
    volley: async ({ volley, tables }) => {
      const [{ engine }, { lineitem }] = [await volley(), await tables.tpch()]
      const list = COLUMNS.map((name) =>
        name.endsWith('price') || name.endsWith('discount') ? `${name}::double as ${name}` : name,
      )
      const lines = engine.fromArrow(
        await engine
          .scanParquet(lineitem)
          .limit(MOST_RECORDS)
          .select(...list)
          .collect(),
      )
      return contestant(
        async () => {
          const results: Totals[] = []
          await engine
            .pipeline(
              pipeline('shape')
                .producer('lines', lines)
                .processor('shaped', { transform: { jsonata: { expression: EXPRESSION, schema: SHAPED } } })
                .processor('totals', { transform: { sql: TOTALS_QUERY } })
                .consumer('results', (totals) => {
                  results.push(totals as unknown as Totals)
                }),
            )
            .run()
          return results
        },
        async (results) => recordsAnswer(results, TOTALS),
      )
    },
    duckdb: 'calls functions that return their result, while JSONata gives promises',
    polars: 'runs no JavaScript inside a query',
    records: async ({ tables }) => {
      const records = (await loadRecords((await tables.tpch()).lineitem, COLUMNS)).slice(0, MOST_RECORDS)
      const expression = jsonata(EXPRESSION)
      return contestant(
        async () => {
          const totals = { records: 0, orders: 0, cents: 0, characters: 0, cheap: 0 }
          for (const record of records) {
            const { order, cents, label, cheap } = (await expression.evaluate(record)) as Shaped
            totals.records++
            totals.orders += order
            totals.cents += cents
            totals.characters += label.length
            totals.cheap += cheap ? 1 : 0
          }
          return [totals]
        },
        async (rows) => recordsAnswer<Totals>(rows, TOTALS),
      )
    },
  },
}
