/** Casts between all types, with values that fit and values that do not, against DuckDB. */

import { col, lit, when } from '../../../index.js'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { describe, expect, it } from '../../support/jest.js'
import { expectExpressions } from './expressions.js'

/** Texts that are values of some type, nearly so, or not at all. */
const SAMPLES = [
  ...['0', '-1', '+7', '007', '127', '128', '-129', '255', '256', '65536', '2147483648', '9223372036854775807'],
  ...['9223372036854775808', '18446744073709551615', '99999999999999999999999999999999999999', '1_000', '0x1F', '1 2'],
  ...[
    '1.5',
    '-2.5',
    '.5',
    '5.',
    '1e3',
    '1e-3',
    '1E400',
    '-0',
    '-0.0',
    'nan',
    'NaN',
    'inf',
    '-Infinity',
    '12.345678901',
  ],
  ...['  42  ', '1,5', '--1', 'abc', '', ' ', '123456.789', '0.005', '0.015', '-0.005', '99999999999999.994'],
  ...['true', 'TRUE', 't', 'f', 'false', 'yes', 'no', 'on', 'y', 'n', '1'],
  ...['2024-02-29', '2023-02-29', '1969-12-31', '0001-01-01', '9999-12-31', '2024-1-5', '2024/01/05', '20240105'],
  ...['2024-02-29 12:34:56', '2024-02-29T12:34:56.789Z', '2024-02-29 12:34:56.1234567', '2024-02-29 25:00:00'],
  ...['2024-02-29 12:34', '2024-02-29 12:34:56+02', '2024-02-29 12:34:56-03:30', ' 2024-02-29 ', '2024-02-29 abc'],
  ...['2024-02-29 12:34:56 ', '2024-02-29 12:34:56 x', '12:34:56 x', '2024-02-29 24:00:00', '-0e0', '1970-01-01 00:00'],
  ...['12:34:56', '12:34', '23:59:59.999999', '24:00:00', '1:2:3', '12:34:56.1234567', ' Epoch ', 'infinit', 'Zürich'],
]
/** Dates and times have no infinities here. */
const INSTANTS = /date|time/

const TYPES = [
  ...['boolean', 'tinyint', 'smallint', 'integer', 'bigint', 'utinyint', 'usmallint', 'uinteger', 'ubigint', 'hugeint'],
  ...['float', 'double', 'decimal(4,1)', 'decimal(9,2)', 'decimal(18,4)', 'decimal(38,10)', 'varchar', 'blob', 'date'],
  ...['time', 'timestamp', 'timestamptz'],
]

const COLUMNS = [
  ...['flag', 'i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'f32', 'f64', 'd9', 'd15', 'd38', 'ratio', 'text'],
  ...['bytes', 'day', 'moment', 'clock', 'zoned', 'price'],
]

const texts = SAMPLES.map((text, i) => `(${i}, '${text}')`).join(', ')
const volley = differential(
  {
    t: everyType(1_000),
    texts: `select id::bigint as id, text from (values ${texts}) v(id, text)`,
    long: 'select i as id, case when i = 4321 then 4321::text else (i % 100)::text end as text from range(6000) t(i)',
  },
  [2],
)

describe.each(TYPES)('to %s', (type) => {
  it('casts columns of all types', async () => {
    const casts: string[] = []
    for (const column of COLUMNS) {
      if (misses(column, type)) continue
      const strict = `cast(${column} as ${type})`
      casts.push(strict)
      // Where there is no cast, DuckDB tries to no avail, and volley refuses.
      const failure = await volley().oracle.failure(`select ${strict} as c from t`)
      if (!failure?.includes('Unimplemented type for cast')) casts.push(`try_cast(${column} as ${type})`)
    }
    await expectExpressions(volley(), casts, { table: 't' })
  })

  it('casts texts', async () => {
    const text = INSTANTS.test(type) ? "replace(replace(text, 'inf', 'x'), 'Inf', 'x')" : 'text'
    await expectExpressions(volley(), [`cast(${text} as ${type})`, `try_cast(${text} as ${type})`], { table: 'texts' })
  })
})

/**
 * DuckDB wraps what rounds out of the range, as 255.7 does, and rounds floats to HUGEINT as it rounds them to integers,
 * which is not how it rounds them to decimals.
 */
function misses(column: string, type: string): boolean {
  return (column === 'ratio' && type.endsWith('tinyint')) || (/f32|f64|ratio/.test(column) && type === 'hugeint')
}

describe('casts of expressions', () => {
  it('tell the row that fails', async () => {
    const { engines, oracle, tables } = volley()
    const run = tables(engines[0]).long.filter('id % 2 = 1').select('text::utinyint as c').collect()
    await expect(run).rejects.toMatchObject({
      code: 'VOLLEY_CAST',
      message: expect.stringContaining("'4321'"),
      details: { row: 4321, rowGroup: 2, path: oracle.path('long.parquet') },
    })
  })

  it('are those of SQL', async () => {
    await volley().expectFrame(
      ({ t }) =>
        t.select(
          col('i32').cast('bigint').alias('a'),
          col('text').tryCast('integer').alias('b'),
          lit(5, 'smallint').alias('c'),
          lit('2024-02-29').cast('date').alias('d'),
          when('flag').then(1).otherwise(col('i64')).cast('varchar').alias('e'),
        ),
      `select i32::bigint as a, try_cast(text as integer) as b, 5::smallint as c, '2024-02-29'::date as d,
        (case when flag then 1 else i64 end)::varchar as e from t`,
      { ordered: true },
    )
  })
})
