/** Runs in bulk that go on as bigdata: each breaker, at each boundary between morsels. */

import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { describe, expect, it } from '../../support/jest.js'

const ROWS = 10_000
const FEW = 100
const MORSELS = 5
const MORSEL_ROWS = 2048
const REASON = new RegExp(`^bulk -> bigdata at morsel (\\d+) of ${MORSELS}: asked for, (.+) \\d+ MB$`)
const BOUNDARIES = Array.from({ length: MORSELS + 1 }, (_, boundary) => boundary)

const volley = differential({ t: everyType(ROWS), few: everyType(FEW) })

/** By the breaker that takes the rows of `t`: whether the order of the result is promised, and queries. */
const BREAKERS: Readonly<Record<string, readonly (readonly [ordered: boolean, sql: string])[]>> = {
  aggregate: [
    [false, 'select name, count(*) as n, sum(price) as s, median(i32) as m from t group by name'],
    [true, 'select count(distinct text) as n, max(d38) as m, first(id) as f, last(id) as l from t'],
    [false, 'select distinct color, small from t'],
    [false, 'select name, first(id) as f, last(color) as l from t where flag group by name'],
  ],
  sort: [
    [true, 'select id, text, f64 from t order by f64 desc, color nulls first'],
    [true, 'select id, color from t order by color limit 3000 offset 5'],
    [true, 'select * from t order by length(text), small % 3'],
  ],
  'join build': [
    [false, 'select f.id, t.id as other, t.text from few f left join t on f.small = t.small'],
    [false, 'select f.id, t.id as other from few f left join t on f.text = t.text and f.flag = t.flag'],
    [false, 'select f.id, t.id as other from few f full join t on f.id = t.id'],
    [false, 'select f.id from few f where f.small in (select small from t where price < 500)'],
    [false, 'select f.id from few f where not exists (select 1 from t where t.small = f.id and t.price < 500)'],
  ],
  window: [
    [true, 'select id, row_number() over (partition by color order by id) as r from t'],
    [true, 'select id, lag(text) over (partition by name order by price, id) as x from t limit 700'],
    [true, 'select id, sum(small) over () as s, rank() over (partition by color order by small) as r from t'],
    [true, 'select id, first_value(id) over (partition by small % 7) as f from (from t order by text, id) limit 3000'],
  ],
}

const CASES = Object.entries(BREAKERS).flatMap(([label, plans]) => plans.map((plan) => [label, ...plan] as const))

describe.each(CASES)('%s, ordered %s: %s', (label, ordered, sql) => {
  it('is moved at every boundary, and has the rows of bulk', async () => {
    const { engines, oracle, tables } = volley()
    const expected = oracle.path('expected.parquet')
    await engines[1].sql(sql, tables(engines[1])).sinkParquet(expected, { overwrite: true }, { strategy: 'bulk' })
    await oracle.expect(`from read_parquet('${expected}')`, { ordered })
    for (const boundary of BOUNDARIES) {
      const engine = engines[boundary % engines.length]
      const frame = engine.sql(sql, tables(engine))
      const run = { strategy: 'bulk', switchAtMorsel: boundary } as const
      const { difference, report } = await oracle.attempt({ frame, run }, { ordered })
      const [started, switched] = report.strategies
      expect({ boundary, difference }).toEqual({ boundary, difference: null })
      expect(report.strategies.map(({ name }) => name)).toEqual(['bulk', 'bigdata'])
      expect(started).toEqual({ name: 'bulk', from: 0, reason: 'asked for' })
      const [, morsel, breaker] = REASON.exec(switched.reason) ?? [switched.reason]
      expect([label, 'sort']).toContain(breaker)
      // A sort asks when rows arrive, and more morsels are under way then.
      if (breaker === 'sort') expect(Number(morsel)).toBeGreaterThanOrEqual(boundary)
      else expect(Number(morsel)).toBe(boundary)
      const others = sql.includes('few') ? FEW : 0
      expect(switched.from).toBeLessThanOrEqual(Math.min(ROWS, Number(morsel) * MORSEL_ROWS) + others)
      expect(report.rowsIn).toBe(ROWS + others)
    }
  })
})

it('moves what every breaker of a plan holds', async () => {
  const sql = `select a.name, a.n, b.small, rank() over (partition by b.small order by a.n, a.name) as r
    from (select name, count(*) as n from t where color = 'red' group by name) a
    join (select distinct name, small from t where small < 20) b on a.name = b.name order by a.name, b.small`
  const { engines, oracle, tables } = volley()
  await oracle.expect(sql, { ordered: true })
  const formats = ['parquet', 'arrow'] as const
  for (const boundary of BOUNDARIES) {
    for (const [index, engine] of engines.entries()) {
      const format = formats[(boundary + index) % formats.length]
      const frame = engine.sql(sql, tables(engine, format))
      const run = { strategy: 'bulk', switchAtMorsel: boundary } as const
      const { difference, report } = await oracle.attempt({ frame, run }, { ordered: true })
      expect({ boundary, format, difference }).toEqual({ boundary, format, difference: null })
      expect(report.rowsIn).toBe(2 * ROWS)
    }
  }
})
