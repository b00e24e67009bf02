/** Random queries over the tables x, y and z, in which it matters how rows are ordered that tie. */

import fc from 'fast-check'

export interface OrderedQuery {
  readonly sql: string
  /** The order of the rows is part of the result. */
  readonly ordered: boolean
}

/** A query for the columns a, b, k and s. */
interface Part {
  readonly sql: string
  readonly ordered: boolean
}

const table = fc
  .constantFrom('x', 'y', 'z')
  .map((name): Part => ({ sql: `select a, b, k, s from ${name}`, ordered: true }))

const key = fc
  .tuple(fc.constantFrom('a', 'b', 'k % 3', 's'), fc.constantFrom('', ' desc'), fc.constantFrom('', ' nulls first'))
  .map((parts) => parts.join(''))
const keys = fc.array(key, { minLength: 1, maxLength: 2 }).map((list) => list.join(', '))
const count = fc.constantFrom(1, 3, 7, 20)

const frame = fc.constantFrom(
  '',
  ' rows between 2 preceding and 1 following',
  ' range between unbounded preceding and unbounded following',
  ' rows between current row and unbounded following',
  ' range between current row and unbounded following',
)
const call = fc.constantFrom(
  ...[
    'row_number()',
    'rank()',
    'dense_rank()',
    'percent_rank()',
    'cume_dist()',
    'ntile(3)',
    'lag(k)',
    'lead(k, 2, -1)',
  ],
  ...[
    'first_value(k)',
    'last_value(k)',
    'nth_value(k, 2)',
    'sum(k)',
    'count(*)',
    'first(k)',
    'last(s)',
    'any_value(s)',
  ],
  ...['min(s)', 'max(k)', 'median(k)'],
)

function steps(input: fc.Arbitrary<Part>): fc.Arbitrary<Part> {
  const wrap = (
    map: (sql: string, text: string, other: string) => string,
    text: fc.Arbitrary<string>,
    promised: boolean | null,
  ) =>
    fc.tuple(input, text, table).map(([part, own, other]) => ({
      sql: map(`(${part.sql})`, own, other.sql),
      ordered: promised ?? part.ordered,
    }))
  const none = fc.constant('')
  return fc.oneof(
    wrap((from) => `select a, b, k, s from ${from} where k % 3 <> 1`, none, null),
    wrap((from, by) => `select a, b, k, s from ${from} order by ${by}`, keys, true),
    wrap((from, by) => `select a, b, k, s from ${from} order by ${by} limit 7 offset 2`, keys, true),
    wrap((from, n) => `select a, b, k, s from ${from} limit ${n}`, count.map(String), null),
    wrap((from, n) => `select a, b, k, s from ${from} limit ${n} offset 2`, count.map(String), null),
    wrap((from) => `select a, b, first(k) as k, last(s) as s from ${from} group by a, b`, none, false),
    wrap(
      (from) =>
        `select a, any_value(b) as b, sum(k)::bigint as k, last(s) filter (where k > 5) as s from ${from} group by a`,
      none,
      false,
    ),
    wrap((from) => `select first(a) as a, last(b) as b, count(*) as k, any_value(s) as s from ${from}`, none, true),
    wrap((from, on) => `select distinct on (${on}) a, b, k, s from ${from}`, fc.constantFrom('a', 'b', 'a, b'), false),
    wrap((from) => `select distinct a, b, k, s from ${from}`, none, false),
    wrap((from, _, other) => `select a, b, k, s from ${from} union all ${other}`, none, null),
    wrap(
      (from, how, other) =>
        `select l.a, l.b, l.k, r.s from ${from} l ${how} join (${other}) r on l.a = r.a and l.b = r.b`,
      fc.constantFrom('', 'left', 'inner'),
      false,
    ),
    wrap(
      (from, how, other) =>
        `select r.a, l.b, r.k, l.s from ${from} l ${how} join (${other}) r on l.b = r.b and l.k = r.k`,
      fc.constantFrom('right', 'full'),
      false,
    ),
    wrap(
      (from, how, other) => `select l.a, l.b, l.k, l.s from ${from} l ${how} join (${other}) r on l.a = r.b`,
      fc.constantFrom('semi', 'anti'),
      false,
    ),
    fc
      .tuple(input, call, keys, frame, fc.constantFrom('', 'partition by a '))
      .map(([part, name, by, bounds, partition]) => {
        const framed = /^(row_n|rank|dense|percent|cume|ntile|lag|lead)/.test(name) ? '' : bounds
        const result = /\(s\)/.test(name) ? 'a, b, k, w as s' : 'a, b, w::bigint as k, s'
        const over = `over (${partition}order by ${by}${framed})`
        return {
          sql: `select ${result} from (select *, ${name} ${over} as w from (${part.sql}))`,
          ordered: part.ordered,
        }
      }),
    fc
      .tuple(
        input,
        fc.constantFrom('row_number()', 'first_value(k)', 'last(k)', 'lag(k)'),
        fc.constantFrom('', 'partition by b'),
      )
      .map(([part, name, partition]) => ({
        sql: `select a, b, w::bigint as k, s from (select *, ${name} over (${partition}) as w from (${part.sql}))`,
        ordered: part.ordered,
      })),
  )
}

export const orderedQueries: fc.Arbitrary<OrderedQuery> = fc.oneof(
  steps(table),
  steps(steps(table)),
  steps(steps(steps(table))),
)
