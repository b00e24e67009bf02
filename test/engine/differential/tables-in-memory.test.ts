import fc from 'fast-check'
import { type Engine, open } from '../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { Oracle } from '../../support/oracle.js'

/** The edges of what 1, 2 and 4 bytes hold. */
const EDGES = [7, 8, 15, 16, 31, 32].flatMap((bits) => {
  const edge = 2n ** BigInt(bits)
  return [edge - 1n, edge, -edge, -edge - 1n]
})

/** Decimals of both kernels' widths, of few and of many digits, with nulls and without. */
const TABLE = `select i::integer as id, i % 3 as part,
    ((i % 250 - 125) / 100.0)::decimal(9, 2) as tiny,
    case when i % 7 = 0 then null else (i * 37 % 60000 - 30000)::decimal(12, 0) end as small,
    (i::bigint * 1000003 % 4000000000 - 2000000000)::decimal(18, 0) as middle,
    (i::bigint * 999999937 * 1009 % 900000000000000000)::decimal(18, 0) as large,
    case when i % 5 = 0 then null else (i * 11 % 200 - 100)::decimal(30, 4) end as wide,
    null::decimal(10, 2) as missing
  from range(150000) t(i)`

describe('decimals of a table in memory', () => {
  let oracle: Oracle
  let engine: Engine
  beforeAll(async () => {
    oracle = await Oracle.open()
    engine = await open({ threads: 2 })
  })
  afterAll(async () => {
    await engine.close()
    oracle.close()
  })

  const inMemory = async (sql: string) =>
    engine.fromArrow(await engine.scanParquet(await oracle.parquet('source', sql)).collect())

  it('filter, compute and group as in DuckDB', async () => {
    const t = await inMemory(TABLE)
    await oracle.run(`create or replace table t as ${TABLE}`)
    for (const sql of [
      'select * from t order by id',
      'select * from t where tiny > 0.5 and small between -100 and 20000 order by id',
      'select * from t where tiny between -1 and 1 and id % 2 = 0 order by id',
      'select id, large from t where tiny + small > 12.5 order by id',
      'select id from t where middle // (tiny * 100)::integer > 1 and tiny > 0 order by id',
      'select part, sum(tiny * middle) s, min(small) l, max(wide) h, count(missing) n from t where tiny < 1 group by part order by part',
      'select small, count(*) n from t where small >= -30000 group by small order by small nulls first limit 50',
      'select wide, sum(small) s from t where wide > -0.005 group by wide order by wide',
      'select count(*) n from t where missing > 1',
    ]) {
      expect({ sql, difference: (await oracle.differences([engine.sql(sql, { t })], sql))[0] }).toEqual({
        sql,
        difference: null,
      })
    }
  })

  it('keep every value, and compare at the edges of the bytes that hold them', async () => {
    const value = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: -300n, max: 300n }))
    const values = fc.array(fc.option(value, { nil: null }), { minLength: 1, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(values, value, value, async (rows, a, b) => {
        const list = rows.map((row, i) => `(${i}, ${row ?? 'null'}::decimal(18, 0))`).join(', ')
        const source = `select * from (values ${list}) v(id, d)`
        const t = await inMemory(source)
        const sql = (table: string) => `select id, d from ${table} where d >= ${a} and d <= ${b} order by id`
        const all = (table: string) => `select id, d from ${table} order by id`
        for (const query of [sql, all]) {
          expect((await oracle.differences([engine.sql(query('t'), { t })], query(`(${source})`)))[0]).toBe(null)
        }
      }),
      { numRuns: 25, seed: 11 },
    )
  })
})
