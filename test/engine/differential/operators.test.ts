/** Operators on rows, as frames and as SQL, against DuckDB. */

import { col, lit } from '../../../index.js'
import { differential } from '../../support/differential.js'
import { describe, it } from '../../support/jest.js'

const volley = differential()
const ordered = { ordered: true }

describe.each(['t', 'one', 'none'])('table %s', (table) => {
  it('is read as it is', async () => {
    await volley().expectFrame((tables) => tables[table], `from ${table}`, ordered)
    await volley().expectQuery(`select * from ${table}`, ordered)
  })
})

describe('filter', () => {
  it.each([
    ['flag', 'not flag', 'flag is null', 'flag is not true', 'null', 'true', 'false', "flag = 'true'"],
    ['i32 > 5', 'not (i32 > 5)', 'i32 > 5 or flag', 'i32 > 5 and flag', 'not (i32 > 5 and flag)', '(i32 > 5) is null'],
    ['i8 = i16', 'f64 > 100', 'f64 >= f32', "f64 = 'nan'::double", 'f32 = 0', 'u64 > 9223372036854775807', 'i64 < u64'],
    ["text = 'Zürich'", "text > 'a'", "text like '%r%'", "color in ('red', 'blue')", "color not in ('red', 'blue')"],
    ["color not in ('red', null)", "color in ('red', null)", "color is distinct from 'red'", 'i32 in (1, 2, i8)'],
    ['d38 > 100', 'd9 between 10 and 500.5', 'd9 not between d15 and 10', "day < date '1970-01-01'"],
    ["moment >= timestamp '2000-01-01' and moment < timestamp '2005-06-07'", "clock > time '12:00:00'"],
    ["bytes = '\\xff\\x00'::blob", "coalesce(color, 'none') = 'none'", 'case when flag then i8 > 0 else i16 > 0 end'],
    ['id < 0', 'id >= 0', 'id = 4000', 'id between 2000 and 2100', 'small = 5 and ratio > 0 and color is not null'],
  ])('keeps the rows for which conditions are true: %s', async (...conditions) => {
    for (const condition of conditions) {
      await volley().expectBoth(
        ({ t }) => t.filter(condition).select('id', 'text', 'flag'),
        `select id, text, flag from t where ${condition}`,
        ordered,
      )
    }
    const all = conditions.map((condition) => `(${condition}) is true`).join(' or ')
    await volley().expectQuery(`select * from one where ${all}`)
  })

  it('leaves nothing of nothing', async () => {
    await volley().expectFrame(({ none }) => none.filter('i32 > 5 or flag'), 'from none where i32 > 5 or flag')
  })
})

describe('columns', () => {
  it('are selected, computed, replaced, renamed and dropped', async () => {
    await volley().expectFrame(
      ({ t }) => t.select('id', 'color as c', col('i8').alias('b'), lit(7).alias('seven')),
      'select id, color as c, i8 as b, 7 as seven from t',
      ordered,
    )
    await volley().expectFrame(
      ({ t }) => t.select('id', 'i32').withColumns({ i32: 'i32::bigint + 1', twice: col('i32').cast('bigint').mul(2) }),
      'select id, i32::bigint + 1 as i32, i32::bigint * 2 as twice from t',
      ordered,
    )
    await volley().expectFrame(
      ({ t }) => t.rename({ id: 'row', i8: 'i16', i16: 'i8' }).drop('i32', 'text'),
      'select * exclude (i32, text) rename (id as row, i8 as i16, i16 as i8) from t',
      ordered,
    )
  })

  it('are computed over no row and one', async () => {
    for (const table of ['none', 'one']) {
      const list = "id + 1 as a, upper(text) as b, d9 * 2 as c, day + 1 as d, case when flag then 'x' end as e, 1 as f"
      await volley().expectQuery(`select ${list} from ${table}`, ordered)
    }
  })
})

describe('limit', () => {
  it.each([
    [10, 0],
    [0, 0],
    [3000, 0],
    [5, 4094],
    [100_000, 9_990],
    [10, 20_000],
  ])('keeps %i rows after %i', async (count, offset) => {
    await volley().expectFrame(({ t }) => t.limit(count, offset), `from t limit ${count} offset ${offset}`, ordered)
    await volley().expectQuery(`select id, text from t where small < 50 limit ${count} offset ${offset}`, ordered)
  })

  it('applies where it stands', async () => {
    await volley().expectFrame(
      ({ t }) => t.limit(500, 100).filter('small < 50').limit(100, 10).withColumns({ x: 'id * 2' }).limit(50),
      `select *, id * 2 as x from (from (from t limit 500 offset 100) where small < 50 limit 100 offset 10) limit 50`,
      ordered,
    )
    await volley().expectFrame(({ none }) => none.limit(5), 'from none')
  })
})

describe('union', () => {
  it('appends rows', async () => {
    await volley().expectFrame(
      ({ t, one, none }) => t.filter('id < 2500').union(one, none, t.limit(10, 5)),
      'from (from t where id < 2500) union all from one union all from none union all (from t limit 10 offset 5)',
      ordered,
    )
    await volley().expectQuery('select id, color from t union all select small, text from t', ordered)
  })

  it('brings columns to common types', async () => {
    await volley().expectQuery(
      'select i8 as a, d9 as b, f32 as c from t union all select u16, i32, d15 from t union all select null, 1.5, 2 from one',
    )
    await volley().expectQuery('select small, color from t union select small, color from t where flag')
  })

  it('can be filtered, limited and grouped', async () => {
    await volley().expectFrame(
      ({ t }) => t.select('id', 'color').union(t.select('small', 'name')).filter('id % 3 = 0').limit(6000, 100),
      'from (select id, color from t union all select small, name from t) where id % 3 = 0 limit 6000 offset 100',
      ordered,
    )
  })
})

describe('distinct', () => {
  it.each([
    ['color'],
    ['flag'],
    ['f64'],
    ['f32'],
    ['text', 'flag'],
    ['d38'],
    ['day'],
    ['bytes'],
    ['color', 'small', 'flag'],
    ['i8', 'clock'],
    ['u64', 'zoned'],
  ])('keeps different rows of %s %s %s', async (...columns) => {
    // Which of 0 and -0 is kept is the first here, and left open in SQL.
    const exact = columns.map((column) =>
      /^f/.test(column) && column !== 'flag' ? `${column} + 0 as ${column}` : column,
    )
    await volley().expectFrame(
      ({ t }) =>
        t
          .select(...columns)
          .distinct()
          .select(...exact),
      `select ${exact.join(', ')} from (select distinct ${columns.join(', ')} from t)`,
    )
  })

  it('keeps the first row of each combination of columns', async () => {
    for (const columns of [['color'], ['color', 'flag'], ['text'], ['i16'], ['d15', 'color'], ['name', 'color']]) {
      const list = columns.join(', ')
      await volley().expectFrame(
        ({ t }) => t.distinct(...columns),
        `from t where id in (select min(id) from t group by ${list})`,
      )
    }
  })

  it('has no rows of none and one of one', async () => {
    await volley().expectFrame(({ none }) => none.distinct('color'), 'from none')
    await volley().expectFrame(({ one }) => one.distinct(), 'from one')
  })
})

describe('sort', () => {
  it.each([
    ...[
      'id desc',
      'color',
      'text desc',
      'f64',
      'f64 desc nulls first',
      'f32 nulls first',
      'flag desc',
      'd38',
      'd9 desc',
    ],
    ...['u64 desc', 'i64 nulls first', 'day', 'moment desc', 'zoned', 'clock nulls first', 'bytes desc', 'i8, u8 desc'],
    ...[
      'color, flag desc, i16 nulls first',
      'text nulls first, d15 desc',
      'name, small',
      'small + u8 desc, abs(ratio)',
    ],
    ...['length(text) desc, color nulls first, u16', 'color = text, d38 desc nulls first, f64'],
  ])('orders by %s', async (terms) => {
    // Equal rows keep their order here; in DuckDB, the id decides.
    const sql = `select id, text, d38 from t order by ${terms}, id`
    await volley().expectBoth(({ t }) => t.sort(...sortTerms(terms)).select('id', 'text', 'd38'), sql, ordered)
  })

  it.each([
    ...['id desc', 'color', 'text desc', 'f64 desc nulls first', 'd38', 'i8, u8 desc', 'color, flag desc, i16', 'name'],
  ])('takes the first by %s', async (terms) => {
    for (const [count, offset] of [
      [1, 0],
      [50, 0],
      [20, 100],
      [3000, 10],
      [0, 5],
    ]) {
      const sql = `select id, text from t order by ${terms}, id limit ${count} offset ${offset}`
      await volley().expectBoth(
        ({ t }) =>
          t
            .sort(...sortTerms(terms))
            .limit(count, offset)
            .select('id', 'text'),
        sql,
        ordered,
      )
    }
  })

  it('orders nothing and one', async () => {
    await volley().expectFrame(({ none }) => none.sort('color', 'f64').limit(3), 'from none')
    await volley().expectFrame(({ one }) => one.sort('color', 'f64'), 'from one')
  })

  it('is stable after a filter, over a union and of a sorted table', async () => {
    await volley().expectFrame(
      ({ t }) => t.filter('small > 20').sort({ by: 'color', descending: true, nulls: 'first' }),
      'from t where small > 20 order by color desc nulls first, id',
      ordered,
    )
    await volley().expectFrame(
      ({ t }) => t.sort({ by: 'id', descending: true }).sort('color'),
      'from t order by color, id desc',
      ordered,
    )
    await volley().expectFrame(
      ({ t }) => t.select('id', 'color').union(t.select('id', 'color')).sort('color'),
      `select id, color from (select 1 as part, id, color from t union all select 2, id, color from t)
       order by color, part, id`,
      ordered,
    )
  })
})

/** `name desc nulls first, ...` as terms of a frame. */
function sortTerms(text: string): { by: string; descending: boolean; nulls: 'first' | 'last' }[] {
  return text.split(', ').map((term) => {
    const [, by, descending, nulls] = /^(.*?)( desc)?( nulls first)?$/.exec(term) ?? []
    return { by, descending: descending !== undefined, nulls: nulls === undefined ? 'last' : 'first' }
  })
}
