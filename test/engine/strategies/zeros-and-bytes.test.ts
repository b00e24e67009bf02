/** Values that DuckDB's Parquet files hold in one form and its Bloom filters and dictionaries in another. */

import { differential } from '../../support/differential.js'
import { beforeAll, expect, it } from '../../support/jest.js'

const RUNS = [{ strategy: 'bigdata' }, { strategy: 'bulk', switchAtMorsel: 0 }, { strategy: 'row' }] as const

const volley = differential(
  {
    t: `select i as id, case i % 4 when 0 then 0 when 1 then '-0.0'::double when 2 then 1.5 end as f64,
        case i % 4 when 0 then 0::float when 1 then '-0.0'::float when 2 then 1.5::float end as f32,
        case i % 3 when 0 then '\\xff\\x00'::blob when 1 then 'plain'::blob end as bytes
      from range(5000) t(i)`,
    zero: `select 0::double as f64, 0::float as f32, '\\xff\\x00'::blob as bytes`,
    negative: `select '-0.0'::double as f64, '-0.0'::float as f32, 'plain'::blob as bytes`,
  },
  [1],
)

/** Dictionaries of DuckDB's do not hold both zeros. */
beforeAll(async () => {
  const { oracle } = volley()
  const rows = `select i as id, [0, '-0.0'::double, null, 1][1 + i % 4] as f64,
    ['-0.0'::float, 0, 1][1 + i % 3]::float as f32 from range(5000) t(i)`
  await oracle.run(`copy (${rows}) to '${oracle.path('plain.parquet')}' (format parquet, dictionary_size_limit 1)`)
  await oracle.run(`create table plain as from read_parquet('${oracle.path('plain.parquet')}')`)
})

const COLUMNS = ['f64', 'f32', 'bytes']

it.each([
  ...COLUMNS.flatMap((column) =>
    ['zero', 'negative'].flatMap((one) => [
      `select t.id from t join ${one} o on t.${column} = o.${column}`,
      `select t.id from t where ${column} in (select ${column} from ${one})`,
      `select t.id from ${one} o left join t on t.${column} = o.${column}`,
    ]),
  ),
  "select id from t where f64 = 0 or f32 = '-0.0'::float",
  ...[
    'f64 = 0',
    "f64 = '-0.0'::double",
    'f32 in (0)',
    "bytes = '\\xff\\x00'::blob",
    "bytes in ('\\xff\\x00'::blob)",
  ].map((condition) => `select id from t where ${condition}`),
  'select f64, f32, bytes from t',
  'select id, f64, f32 from plain',
  'select id, f64, f32 from plain order by f64 desc, f32, id',
  'select id, f64, f32, row_number() over (partition by f64 order by id) as r from plain',
  'select f64, f32, count(*) as n from (select id, f64 + 0 as f64, f32 + 0 as f32 from plain) group by all',
])('%s', async (sql) => {
  const { engines, oracle, tables } = volley()
  const [engine] = engines
  await oracle.expect(sql, {})
  for (const run of RUNS) {
    const frame = engine.sql(sql, { ...tables(engine), plain: oracle.path('plain.parquet') })
    // Twice, as results are written in different ways in turn.
    for (let time = 0; time < 2; time++) {
      expect([run, (await oracle.attempt({ frame, run }, {})).difference]).toEqual([run, null])
    }
  }
})
