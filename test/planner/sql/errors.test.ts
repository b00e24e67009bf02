import { VolleyError } from '../../../planner/errors.js'
import type { LogicalPlan } from '../../../planner/logical-plan.js'
import { field, INT32, schemaOf, UTF8 } from '../../../planner/types.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'
import { Planner } from '../../support/plan-judge.js'

const columns = (...names: string[]) => schemaOf(names.map((name) => field(name, name === 'c' ? UTF8 : INT32)))
const planner = new Planner(
  new Map([
    ['t', { source: { id: 0, format: 'memory', label: 't' }, schema: columns('a', 'b', 'c'), rows: 10 }],
    ['u', { source: { id: 1, format: 'memory', label: 'u' }, schema: columns('a', 'd'), rows: 10 }],
  ]),
)
afterAll(() => planner.close())

async function errorOf(plan: LogicalPlan | string): Promise<VolleyError> {
  const error = await planner.resolve(plan).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof VolleyError) return error
  throw error ?? new Error('no error')
}

/** The query with `^` before the place that the error must point at; its code; part of its message. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  ['select a + ', 'VOLLEY_PARSE', 'end of input'],
  ['select a^ b c from t', 'VOLLEY_PARSE', ''],
  ['select 1; select 2', 'VOLLEY_PARSE', 'one SELECT'],
  ['create table x (a int)', 'VOLLEY_UNSUPPORTED', 'SELECT'],
  ['select ^distance from t', 'VOLLEY_UNKNOWN_COLUMN', 'there are a, b, c'],
  ["select 'é', ^x from t", 'VOLLEY_UNKNOWN_COLUMN', 'x'],
  ['select t.a, ^v.a from t', 'VOLLEY_UNKNOWN_TABLE', 'v'],
  ['select ^a from t, u', 'VOLLEY_AMBIGUOUS_COLUMN', 't.a or u.a'],
  ['select * from t, t', 'VOLLEY_AMBIGUOUS_COLUMN', 'alias'],
  ['select * from ^missing', 'VOLLEY_UNKNOWN_TABLE', 'missing'],
  ['select ^summ(a) from t', 'VOLLEY_UNKNOWN_FUNCTION', 'did you mean sum'],
  ['select ^uper(c) from t', 'VOLLEY_UNKNOWN_FUNCTION', 'did you mean upper'],
  ['select ^row_number() from t', 'VOLLEY_INVALID_ARGUMENT', 'OVER'],
  ['select ^upper(distinct c) from t', 'VOLLEY_INVALID_ARGUMENT', 'DISTINCT'],
  ['select ^b from t group by a', 'VOLLEY_INVALID_ARGUMENT', 'GROUP BY'],
  ['select a from t where sum(b) > 1', 'VOLLEY_INVALID_ARGUMENT', 'aggregates'],
  ['select ^sum(sum(a)) from t', 'VOLLEY_INVALID_ARGUMENT', 'nested'],
  ['select a from t order by ^3', 'VOLLEY_INVALID_ARGUMENT', 'position 3'],
  ['select ^*', 'VOLLEY_INVALID_ARGUMENT', 'FROM'],
  ['select a from t union select a, d from u', 'VOLLEY_SCHEMA_MISMATCH', '1 and 2'],
  ['select a from t where a ^in (select a, d from u)', 'VOLLEY_INVALID_ARGUMENT', '1 column'],
  ['select a from t limit ^-1', 'VOLLEY_INVALID_ARGUMENT', '-1'],
  ['select * from t left join u on t.a = u.a and t.b ^< u.d', 'VOLLEY_UNSUPPORTED', 'LEFT JOIN'],
  ['select a from t where exists (select 1 from u where u.d ^> t.a)', 'VOLLEY_UNSUPPORTED', 'correlated'],
  ['select a, (select sum(d + ^t.b) from u) from t', 'VOLLEY_UNSUPPORTED', 'correlated'],
  ['select a from t where b ^not in (select d from u where u.a = t.a)', 'VOLLEY_UNSUPPORTED', 'NOT IN'],
  ['select a, ^(select d from u where u.a = t.a) from t', 'VOLLEY_UNSUPPORTED', 'single aggregate'],
  ['select a, ^(select count(*) + 1 from u where u.a = t.a) from t', 'VOLLEY_UNSUPPORTED', 'count'],
  ['select a from t where ^exists (select count(*) from u where u.a = t.a)', 'VOLLEY_UNSUPPORTED', 'GROUP BY'],
  ['select a from t where exists (select 1 from u where u.a = t.a limit 3)', 'VOLLEY_UNSUPPORTED', 'LIMIT'],
  ['select a, ^(select d from u) from t', 'VOLLEY_UNSUPPORTED', 'LIMIT 1'],
  ['select a from t where b > 1 or a ^in (select a from u)', 'VOLLEY_UNSUPPORTED', 'IN or ANY'],
  ['select a from t group by rollup(^a)', 'VOLLEY_UNSUPPORTED', 'ROLLUP'],
  ['select a from t group by grouping sets ((^a), (b))', 'VOLLEY_UNSUPPORTED', 'GROUPING SETS'],
  ['select * from t ^positional join u', 'VOLLEY_UNSUPPORTED', 'POSITIONAL'],
  ['select a from ^t tablesample 10%', 'VOLLEY_UNSUPPORTED', 'TABLESAMPLE'],
  ['select a from t limit 10%', 'VOLLEY_UNSUPPORTED', 'percentage'],
  ['select c[1] from t', 'VOLLEY_UNSUPPORTED', 'element'],
  ['select $1 from t', 'VOLLEY_UNSUPPORTED', 'parameter'],
  ['select a from t where c collate nocase = 1', 'VOLLEY_UNSUPPORTED', 'COLLATE'],
  ['select ^sum(a order by b) from t', 'VOLLEY_UNSUPPORTED', 'ORDER BY in sum'],
  ['select a::uuid from t', 'VOLLEY_UNSUPPORTED', 'UUID'],
  ['select a from ^s.t', 'VOLLEY_UNSUPPORTED', 'schema'],
  ['select a from ^range(3)', 'VOLLEY_UNSUPPORTED', 'range'],
  ['with recursive r as (select 1 as a union all select a from r) select * from r', 'VOLLEY_UNSUPPORTED', 'recursive'],
  ['select a from t except all select a from u', 'VOLLEY_UNSUPPORTED', 'EXCEPT ALL'],
  ['describe select 1', 'VOLLEY_UNSUPPORTED', 'DESCRIBE'],
]

describe('queries that are refused', () => {
  it.each(REFUSED)('%s', async (marked, code, message) => {
    const query = marked.replace('^', '')
    const error = await errorOf(query)
    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
    expect(error.details.expression).toBe(query)
    if (marked.includes('^') && code !== 'VOLLEY_PARSE') expect(error.details.position).toBe(marked.indexOf('^'))
  })
})

const scan: LogicalPlan = { kind: 'scan', source: { id: 0, format: 'memory', label: 't' } }
const text = (source: string) => ({ kind: 'text', text: source }) as const

describe('texts in plans', () => {
  it('stand for several expressions where a list is taken', async () => {
    const plan = await planner.expand({ kind: 'select', input: scan, expressions: [text('a, b + 1 as n'), text('c')] })
    expect(plan.kind === 'select' && plan.expressions.map((one) => one.kind)).toEqual(['column', 'alias', 'column'])
  })

  it('stand for one expression elsewhere', async () => {
    const error = await errorOf({ kind: 'filter', input: scan, predicate: text('a > 1, b > 2') })
    expect([error.code, error.details.actual]).toEqual(['VOLLEY_PARSE', '2 expressions'])
  })

  it('give directions to sort keys', async () => {
    const key = { expression: text('a desc nulls first, b'), descending: false, nullsFirst: false }
    const plan = await planner.resolve({ kind: 'sort', input: scan, keys: [key] })
    const keys = plan.kind === 'sort' ? plan.keys : []
    expect(keys.map((one) => [one.descending, one.nullsFirst])).toEqual([
      [true, true],
      [false, false],
    ])
  })

  it('have positions of their own', async () => {
    const unknown = await errorOf({ kind: 'filter', input: scan, predicate: text('a > 1 and x = 2') })
    expect([unknown.code, unknown.details.position]).toEqual(['VOLLEY_UNKNOWN_COLUMN', 10])
    const broken = await errorOf({ kind: 'filter', input: scan, predicate: text('a > > 1') })
    expect([broken.code, broken.details.expression, broken.details.position]).toEqual(['VOLLEY_PARSE', 'a > > 1', 4])
  })

  it('are refused where they are queries', async () => {
    for (const source of ['a from t', 'a where b', 'a limit 1', '(select 1)']) {
      const error = await errorOf({ kind: 'filter', input: scan, predicate: text(source) })
      expect(['VOLLEY_PARSE', 'VOLLEY_UNSUPPORTED']).toContain(error.code)
    }
  })

  it('are queries over given plans first', async () => {
    const limited: LogicalPlan = { kind: 'limit', input: scan, count: 1, offset: 0 }
    const plan = await planner.expand({ kind: 'sql', text: 'select b from U', tables: { u: limited } })
    expect(plan).toMatchObject({ kind: 'select', input: limited })
  })
})
