/** Every aggregate over every type it takes, grouped by keys of every type, against DuckDB. */

import {
  col,
  count,
  countDistinct,
  first,
  last,
  max,
  mean,
  median,
  min,
  quantile,
  stddev,
  sum,
  VolleyError,
  variance,
} from '../../../index.js'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { describe, expect, it } from '../../support/jest.js'

const volley = differential({
  t: everyType(7_000),
  one: everyType(1),
  none: everyType(0),
  blank:
    'select null::integer as i32, null::varchar as text, null::double as f64, null::decimal(9,2) as d9 from range(3)',
})

const NUMBERS = 'i8 i16 i32 i64 u8 u16 u32 u64 d9 d15 price small'.split(' ')
const FLOATS = ['f32', 'f64', 'ratio']
const INSTANTS = ['day', 'moment', 'zoned', 'clock']
const OTHERS = ['text', 'color', 'flag', 'bytes', 'd38', 'name']
const ALL = [...NUMBERS, ...FLOATS, ...INSTANTS, ...OTHERS]

/** Aggregate by SQL text, with the columns it is computed over. */
const AGGREGATES: Readonly<Record<string, readonly string[]>> = {
  'count(X)': ALL,
  'count(distinct X)': ALL,
  'sum(X)': [...NUMBERS, ...FLOATS, 'flag'],
  'avg(X)': [...NUMBERS, ...FLOATS, 'day', 'moment', 'zoned', 'clock'],
  'min(X)': ALL,
  'max(X)': ALL,
  'first(X)': ALL,
  'last(X)': ALL,
  'any_value(X)': ALL,
  'stddev(X)': [...NUMBERS, 'ratio'],
  'stddev_pop(X)': [...NUMBERS, 'ratio'],
  'variance(X)': [...NUMBERS, 'ratio'],
  'var_pop(X)': [...NUMBERS, 'ratio'],
  'median(X)': ALL,
  'quantile_cont(X, 0.25)': [...NUMBERS, 'ratio', ...INSTANTS],
  'quantile_disc(X, 0.9)': ALL,
  'bool_and(X)': ['flag'],
  'bool_or(X)': ['flag'],
  'sum(distinct X)': [...NUMBERS, 'ratio'],
  'avg(distinct X)': [...NUMBERS, 'ratio'],
  'sum(X) filter (where flag)': [...NUMBERS, ...FLOATS],
  'count(X) filter (where small > 50 and color is not null)': ALL,
  'min(X) filter (where small > 50)': ALL,
  'first(X) filter (where flag is null)': ALL,
  'count(distinct X) filter (where flag)': ['i32', 'text', 'd15', 'f64'],
}

const KEYS = [
  ...['color', 'flag', 'f32', 'f64', 'd38', 'd9', 'day', 'i8', 'i64', 'u64', 'text', 'bytes', 'clock', 'zoned', 'name'],
  ...['color, flag', 'name, color', 'i16, text, flag', 'd15, f32', 'small % 7', 'year(day), color', 'upper(text), day'],
]
/** A key that makes a few rows share a group, and none, which makes all. */
const ALL_AGGREGATES_BY = ['name', '']

interface Request {
  readonly columns: readonly string[]
  readonly approximate: readonly string[]
}

function aggregatesOf(pattern: string): Request {
  const columns = AGGREGATES[pattern].map((column) => `${pattern.replace('X', column)} as ${column}_`)
  // Floating point: sums depend on the order, and of 0 and -0 either is the smallest. Means of decimals are divided.
  return { columns, approximate: AGGREGATES[pattern].map((column) => `${column}_`) }
}

describe.each(Object.keys(AGGREGATES))('%s', (pattern) => {
  it.each(ALL_AGGREGATES_BY)('grouped by [%s]', async (key) => {
    const { columns, approximate } = aggregatesOf(pattern)
    const keys = key === '' ? '' : `${key} as k, `
    const group = key === '' ? '' : `group by ${key}`
    await volley().expectQuery(
      `select ${keys} count(*) as n, min(id) as first_id, ${columns.join(', ')} from t ${group}`,
      { approximate },
    )
  })

  it('of no row, one row and nulls', async () => {
    const { columns, approximate } = aggregatesOf(pattern)
    const list = columns.join(', ')
    await volley().expectQuery(`select ${list} from none union all select ${list} from one`, { approximate })
    await volley().expectQuery(`select color, ${list} from none group by color`)
  })
})

describe('groups', () => {
  it.each(KEYS)('by %s', async (keys) => {
    const list = keys.split(/, (?![^(]*\))/)
    // Of 0 and -0, the first is the key here.
    const approximate = ['fsum', ...list.flatMap((key, i) => (/^f\d/.test(key) ? [`k${i}`] : []))]
    await volley().expectQuery(
      `select ${list.map((key, i) => `${key} as k${i}`).join(', ')}, min(id) as first_id, count(*) as n,
         sum(i64) as isum, sum(ratio) as fsum, max(text) as most, last(d15) as latest
       from t group by ${keys}`,
      { approximate },
    )
  })

  it('come from frames', async () => {
    await volley().expectFrame(
      ({ t }) =>
        t.groupBy('color', col('small').mod(5).alias('m')).agg({
          n: count(),
          texts: count('text'),
          kinds: countDistinct('text'),
          total: sum('price'),
          average: mean('price'),
          low: min('day'),
          high: max(col('i32').cast('bigint').add(1)),
          one: first('name'),
          other: last('name'),
          spread: stddev('ratio'),
          square: variance('ratio'),
          middle: median('small'),
          tenth: quantile('small', 0.1, { interpolation: 'linear' }),
          lower: quantile('i32', 0.1),
          some: sum('price').filter('flag'),
          text: 'sum(price * small) / count(*)',
        }),
      `select color, small % 5 as m, count(*) as n, count(text) as texts, count(distinct text) as kinds,
         sum(price) as total, avg(price) as average, min(day) as low, max(i32::bigint + 1) as high, first(name) as one,
         last(name) as other, stddev(ratio) as spread, variance(ratio) as square, median(small) as middle,
         quantile_cont(small, 0.1) as tenth, quantile_disc(i32, 0.1) as lower, sum(price) filter (where flag) as some,
         sum(price * small) / count(*) as text
       from t group by all`,
      { approximate: ['average', 'spread', 'square', 'middle', 'tenth', 'text'] },
    )
  })

  it('of all rows come without keys, also of none', async () => {
    for (const table of ['t', 'none', 'one']) {
      await volley().expectFrame(
        (tables) => tables[table].groupBy().agg({ n: count(), total: sum('price'), high: max('text') }),
        `select count(*) as n, sum(price) as total, max(text) as high from ${table}`,
      )
    }
  })

  it('are as many as rows', async () => {
    await volley().expectQuery('select id, count(*) as n, sum(small) as s, first(text) as x from t group by id')
  })

  it('are of nulls', async () => {
    await volley().expectQuery(
      `select i32, text, f64, d9, count(*) as n, count(i32) as c, sum(d9) as s, min(text) as m, avg(f64) as a
       from blank group by i32, text, f64, d9`,
    )
    await volley().expectQuery(
      `select sum(i32) as a, avg(i32) as b, min(text) as c, median(f64) as d, count(distinct text) as e,
         stddev(f64) as f, first(d9) as g, quantile_disc(i32, 0.5) as h, bool_and(i32 > 0) as i from blank`,
    )
  })

  it('are filtered before and after, and grouped again', async () => {
    await volley().expectFrame(
      ({ t }) =>
        t
          .filter('small < 30')
          .groupBy('name', 'color')
          .agg({ n: count(), total: sum('price') })
          .filter('n > 1')
          .groupBy('color')
          .agg({ names: count(), total: sum('total') })
          .sort('color'),
      `select color, count(*) as names, sum(total) as total
       from (select name, color, count(*) as n, sum(price) as total from t where small < 30 group by all having n > 1)
       group by color order by color`,
      { ordered: true },
    )
  })
})

describe('what does not fit', () => {
  it.each([
    ['sum(d38)', 'VOLLEY_OVERFLOW'],
    ['stddev(f64)', 'VOLLEY_OVERFLOW'],
    ['sum(i32 + i32)', 'VOLLEY_OVERFLOW'],
    ['max(text::integer)', 'VOLLEY_CAST'],
  ])('%s fails with %s', async (aggregate, code) => {
    const { engines, oracle, tables } = volley()
    expect(await oracle.failure(`select ${aggregate} as x from t`)).not.toBeNull()
    for (const engine of engines) {
      const run = tables(engine).t.groupBy().agg({ x: aggregate }).collect()
      const error = await run.then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(VolleyError)
      expect((error as VolleyError).code).toBe(code)
    }
  })
})
