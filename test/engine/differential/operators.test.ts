/** Operators on rows, as frames and as SQL, against DuckDB. */

import { col } from '../../../index.js'
import { differential } from '../../support/differential.js'
import { describe, it } from '../../support/jest.js'

const volley = differential()

describe.each(['t', 'one', 'none'])('table %s', (table) => {
  it('is read as it is', async () => {
    await volley().expectFrame((tables) => tables[table], `from ${table}`, { ordered: true })
    await volley().expectQuery(`select * from ${table}`, { ordered: true })
  })

  it.each([
    'flag',
    'not flag',
    'flag is null',
    'flag is not true',
    'i32 > 5',
    'not (i32 > 5)',
    'i32 > 5 or flag',
    'i32 > 5 and flag',
    'not (i32 > 5 and flag)',
    '(i32 > 5) is null',
    'i8 = i16',
    'f64 > 100',
    'f64 >= f32',
    "f64 = 'nan'::double",
    'f32 = 0',
    "text = 'Zürich'",
    "text > 'a'",
    "color in ('red', 'blue')",
    "color not in ('red', 'blue')",
    "color not in ('red', null)",
    "color in ('red', null)",
    "color is distinct from 'red'",
    'd38 > 100',
    'd9 between 10 and 500.5',
    "day < date '1970-01-01'",
    "moment >= timestamp '2000-01-01' and moment < timestamp '2005-06-07'",
    "clock > time '12:00:00'",
    "bytes = '\\xff\\x00'::blob",
    'null',
    'true',
    'false',
    'u64 > 9223372036854775807',
    'i64 < u64',
    "coalesce(color, 'none') = 'none'",
    'case when flag then i8 > 0 else i16 > 0 end',
  ])('filter %s', async (condition) => {
    await volley().expectFrame(
      (tables) => tables[table].filter(condition),
      `select * from ${table} where ${condition}`,
      { ordered: true },
    )
  })
})

describe('columns', () => {
  it('are selected, computed, replaced, renamed and dropped', async () => {
    await volley().expectFrame(
      ({ t }) => t.select('id', 'color as c', col('i8').alias('b'), '*'.length === 1 ? 'day' : 'day'),
      'select id, color as c, i8 as b, day from t',
      { ordered: true },
    )
    await volley().expectFrame(
      ({ t }) => t.select('id', 'i32').withColumns({ i32: 'i32::bigint + 1', twice: col('i32').cast('bigint').mul(2) }),
      'select id, i32::bigint + 1 as i32, i32::bigint * 2 as twice from t',
      { ordered: true },
    )
    await volley().expectFrame(
      ({ t }) => t.rename({ id: 'row', i8: 'i16', i16: 'i8' }).drop('i32', 'text'),
      'select * rename (id as row, i8 as i16, i16 as i8) exclude (i32, text) from t'.replace(
        'select * rename (id as row, i8 as i16, i16 as i8) exclude (i32, text)',
        'select * exclude (i32, text) rename (id as row, i8 as i16, i16 as i8)',
      ),
      { ordered: true },
    )
  })
})
