/** Results leave the engine in several ways, with the same values. */

import { differential } from '../../support/differential.js'
import { describe, expect, it } from '../../support/jest.js'

const volley = differential()

const QUERIES = [
  'from t',
  'from none',
  'select id, color, price * small as total, upper(text) as loud from t where flag order by total desc, id limit 3000',
  'select color, name, count(*) as n, min(moment) as m, max(d38) as d, first(bytes) as b from t group by color, name',
  'select a.id, b.text, b.clock from t a left join (from t where small < 20) b on a.id = b.small',
]

describe.each(QUERIES)('%s', (query) => {
  it('is a table, a stream of batches, a file and a number of rows', async () => {
    const { engines, oracle, tables } = volley()
    const [[expected]] = await oracle.run(`select count(*) from (${query})`)
    for (const engine of engines) {
      const frame = engine.sql(query, tables(engine))
      const table = await frame.collect()
      expect(await oracle.difference(engine.fromArrow(table), query)).toBeNull()
      const batches = []
      for await (const batch of frame.stream()) batches.push(batch)
      if (batches.length > 0) expect(await oracle.difference(engine.fromArrow(batches), query)).toBeNull()
      const path = oracle.path(`result-${engine.threads}.arrow`)
      await frame.sinkArrow(path, { overwrite: true })
      expect(await oracle.difference(engine.scanArrow(path), query)).toBeNull()
      expect([table.numRows, await frame.count()]).toEqual([Number(expected), Number(expected)])
    }
  })
})

it('rows are objects with the values of the query', async () => {
  const { engines, oracle, tables } = volley()
  const query = 'select id, flag, i8, u64, ratio, text, color, price from t where id < 500'
  const expected = await oracle.run(
    `select id::varchar, flag, i8, u64::varchar, ratio, text, color, price::varchar from (${query})`,
  )
  for (const engine of engines) {
    const rows: unknown[][] = []
    for await (const row of engine.sql(query, tables(engine)).rows()) {
      rows.push(Object.values(row).map((value) => (typeof value === 'bigint' ? String(value) : value)))
    }
    expect(rows).toEqual(expected)
  }
})
