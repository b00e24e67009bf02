/** Every kind of join over keys of every type, against DuckDB. */

import type { JoinOptions } from '../../../index.js'
import { col, sql } from '../../../index.js'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { describe, it } from '../../support/jest.js'

/** Rows of `a` and `b` with a few of the columns, under names of their own. */
const side = (prefix: string, rows: number, where: string) =>
  `select ${['id', ...KEYS].map((column) => `${column} as ${prefix}_${column}`).join(', ')}
   from (${everyType(rows)}) where ${where}`

const KEYS = [
  ...['flag', 'i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'f32', 'f64', 'd9', 'd15', 'd38', 'text', 'bytes'],
  ...['day', 'moment', 'clock', 'zoned', 'small', 'price', 'name', 'color'],
]
const volley = differential({
  a: side('a', 5_000, 'id % 3 < 2'),
  b: side('b', 4_000, 'id % 5 > 1'),
  tiny: side('b', 40, 'id > 20'),
  none: side('b', 0, 'true'),
  left_none: side('a', 0, 'true'),
  x: `select id, small, color, price, name as left_name from (${everyType(300)})`,
  y: `select id * 2 as id, small, color, price as cost, name as right_name from (${everyType(250)})`,
})

const KINDS = ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const

/** Keys that pair up, as left and right expressions. Some have too many matches for large tables: those take `tiny`. */
const PAIRS: readonly (readonly [table: string, left: string, right: string])[] = [
  ['b', 'a_id', 'b_id'],
  ['b', 'a_name, a_small', 'b_name, b_small'],
  ['b', 'a_price', 'b_price'],
  ['b', 'a_name, a_color', 'b_name, b_color'],
  ['b', 'a_i32, a_text, a_flag', 'b_i32, b_text, b_flag'],
  ['tiny', 'a_i16, a_u16', 'b_i16, b_u16'],
  ['tiny', 'a_day, a_clock', 'b_day, b_clock'],
  ['tiny', 'a_d15, a_d38', 'b_d15, b_d38'],
  ['tiny', 'a_flag', 'b_flag'],
  ['tiny', 'a_i8', 'b_i8'],
  ['tiny', 'a_i64', 'b_i64'],
  ['tiny', 'a_u64', 'b_u64'],
  ['tiny', 'a_f32', 'b_f32'],
  ['tiny', 'a_f64', 'b_f64'],
  ['tiny', 'a_d9', 'b_d9'],
  ['tiny', 'a_d38', 'b_d38'],
  ['tiny', 'a_text', 'b_text'],
  ['tiny', 'a_bytes', 'b_bytes'],
  ['tiny', 'a_day', 'b_day'],
  ['tiny', 'a_moment', 'b_moment'],
  ['tiny', 'a_zoned', 'b_zoned'],
  ['tiny', 'a_clock', 'b_clock'],
  ['tiny', 'a_color', 'b_color'],
  // Keys of different types meet in their common type.
  ['tiny', 'a_i8', 'b_i64'],
  ['tiny', 'a_small', 'b_u8'],
  ['tiny', 'a_d9', 'b_d15'],
  ['tiny', 'a_d15', 'b_d38'],
  ['tiny', 'a_u64', 'b_i64'],
  ['tiny', 'a_small', 'b_f64'],
  ['tiny', 'a_f32', 'b_f64'],
  ['tiny', 'a_small', 'b_d9'],
  ['tiny', 'a_day', 'b_moment'],
  // Expressions.
  ['b', 'a_id + 1', 'b_id * 2'],
  ['b', 'upper(a_name), a_small % 5', 'upper(b_name), b_small % 7'],
  ['tiny', "coalesce(a_color, 'none')", "coalesce(b_color, 'none')"],
  ['none', 'a_id', 'b_id'],
  ['none', 'a_text', 'b_text'],
]

const COLUMNS = { a: 'a_id, a_text, a_d15', b: 'b_id, b_color, b_price' }

describe.each(KINDS)('%s join', (how) => {
  // A full join lists what the others list; the others take a share of the small tables in turn.
  const turn = KINDS.indexOf(how)
  const pairs = PAIRS.filter(([table], i) => how === 'full' || table !== 'tiny' || i % KINDS.length === turn)
  it.each(pairs)('of a with %s on %s = %s', async (table, left, right) => {
    const [leftOn, rightOn] = [terms(left), terms(right)]
    const on = leftOn.map((key, i) => `${key} = ${rightOn[i]}`).join(' and ')
    const only = how === 'semi' || how === 'anti'
    const columns = only ? COLUMNS.a : `${COLUMNS.a}, ${COLUMNS.b}`
    const query = `select ${columns} from a ${how} join ${table} on ${on}`
    const options: JoinOptions = { leftOn: leftOn.map(sql), rightOn: rightOn.map(sql), how }
    await volley().expectBoth((tables) => tables.a.join(tables[table], options).select(...terms(columns)), query)
  })

  it('of nothing', async () => {
    const only = how === 'semi' || how === 'anti'
    const columns = only ? COLUMNS.a : `${COLUMNS.a}, ${COLUMNS.b}`
    for (const right of ['b', 'none']) {
      await volley().expectQuery(`select ${columns} from left_none ${how} join ${right} on a_id = b_id`)
    }
  })

  it('on shared columns', async () => {
    const only = how === 'semi' || how === 'anti'
    await volley().expectFrame(
      ({ x, y }) => x.join(y, { on: ['id', 'color'], how, suffix: '_y' }),
      only
        ? `select * from x ${how} join y using (id, color)`
        : `select id, x.small, color, price, left_name, y.small as small_y, cost, right_name
           from x ${how} join y using (id, color)`,
    )
    await volley().expectQuery(
      `select * from x ${how} join y using (color, id)`.replace('*', only ? '*' : 'id, color, cost'),
    )
  })

  it('before and after other operators', async () => {
    if (how === 'semi' || how === 'anti') return
    await volley().expectFrame(
      ({ a, b }) =>
        a
          .filter('a_small < 60')
          .withColumns({ k: 'a_id // 2' })
          .join(b.filter(col('b_color').isNotNull()).select('b_id', 'b_price'), { leftOn: 'k', rightOn: 'b_id', how })
          .filter('a_small is null or a_small > 10')
          .groupBy('a_color')
          .agg({ n: 'count(*)', total: 'sum(b_price)', least: 'min(a_id)' }),
      `select a_color, count(*) as n, sum(b_price) as total, min(a_id) as least
       from (select *, a_id // 2 as k from a where a_small < 60) ${how} join
         (select b_id, b_price from b where b_color is not null) on k = b_id
       where a_small is null or a_small > 10 group by a_color`,
    )
  })
})

describe('joins', () => {
  it('keep the order of the left side and of matches', async () => {
    for (const how of ['inner', 'left'] as const) {
      await volley().expectFrame(
        ({ a, tiny }) => a.join(tiny, { leftOn: 'a_color', rightOn: 'b_color', how }).select('a_id', 'b_id'),
        `select a_id, b_id from a ${how} join tiny on a_color = b_color order by a_id, b_id`,
        { ordered: true },
      )
    }
    await volley().expectFrame(
      ({ a, b }) => a.join(b, { leftOn: 'a_name', rightOn: 'b_name', how: 'semi' }).select('a_id'),
      `select a_id from a semi join b on a_name = b_name order by a_id`,
      { ordered: true },
    )
  })

  it('cross', async () => {
    await volley().expectFrame(
      ({ a, tiny }) => a.select('a_id', 'a_text').join(tiny.select('b_id', 'b_d38'), { how: 'cross' }),
      'select a_id, a_text, b_id, b_d38 from a, tiny',
    )
    await volley().expectQuery('select a_id, b_id from a cross join none')
    await volley().expectQuery('select a_id, b_id from left_none cross join tiny')
  })

  it('chain, meet themselves and take conditions beside equality', async () => {
    for (const query of [
      `select l.a_id, r.a_id as other, b_id from a l join a r on l.a_id = r.a_id + 1 left join b on b_id = l.a_id`,
      `select a_id, b_id from a join b on a_name = b_name and a_price < b_price`,
      `select a_id, b_id from a left join b on a_name = b_name and b_color = 'red'`,
      `select a_id, b_id from a, b where a_name = b_name and a_color = b_color and a_small > b_small`,
      `select x.id, y.id as y_id, small from x join y using (small) where x.color = y.color`,
      `select x.color, count(*) as n, sum(cost) as cost from x, y, tiny where x.small = y.small and b_id = x.id group by all`,
    ]) {
      await volley().expectQuery(query)
    }
  })

  it('find the texts of a few rows out of many in a dictionary', async () => {
    for (const how of ['inner', 'left', 'right', 'full', 'anti']) {
      const columns = how === 'anti' ? 'a_id' : 'a_id, b_id'
      await volley().expectQuery(
        `select ${columns} from a ${how} join (select b_id, b_name from b where b_id between 20 and 26) few on a_name = b_name`,
      )
    }
  })

  it('make many rows of few keys', async () => {
    await volley().expectQuery(
      `select a_color, count(*) as n, sum(b_id) as s from a join b on a_color = b_color group by a_color`,
    )
    await volley().expectQuery(
      `select count(*) as n, sum(a_id) as s, sum(b_id) as t from a full join b on a_color = b_color`,
    )
  })
})

function terms(list: string): string[] {
  return list.split(/, (?![^(]*\))/)
}
