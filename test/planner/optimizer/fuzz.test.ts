/** Random queries over small tables: the optimized plan gives what DuckDB gives. */

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { PlanJudge } from '../../support/plan-judge.js'

const TABLES = {
  x: 'select i % 4 as a, case when i % 3 <> 0 then i % 5 end as b, i as k from range(12) v(i)',
  y: 'select case when i % 4 <> 0 then i % 3 end as a, i % 5 as b, i as k from range(10) v(i)',
  z: 'select i % 2 as a, i % 3 as b, i as k from range(6) v(i)',
}

let judge: PlanJudge
beforeAll(async () => {
  judge = await PlanJudge.open(TABLES)
})
afterAll(() => judge.close())

const names = ['x', 'y', 'z'] as const
const columnOf = (tables: readonly string[]) =>
  fc.tuple(fc.constantFrom(...tables), fc.constantFrom('a', 'b', 'k')).map(([table, name]) => `${table}.${name}`)

function condition(tables: readonly string[]): fc.Arbitrary<string> {
  const column = columnOf(tables)
  const operand = fc.oneof(
    column,
    fc.integer({ min: -1, max: 5 }).map(String),
    column.map((one) => `${one} + 1`),
  )
  const comparison = fc
    .tuple(operand, fc.constantFrom('=', '=', '<', '>=', '<>', 'is distinct from'), operand)
    .map(([left, operator, right]) => `${left} ${operator} ${right}`)
  const leaf = fc.oneof(
    { weight: 5, arbitrary: comparison },
    { weight: 1, arbitrary: column.map((one) => `${one} is null`) },
    { weight: 1, arbitrary: column.map((one) => `coalesce(${one}, 1) > 0`) },
    { weight: 1, arbitrary: column.map((one) => `${one} in (1, 2)`) },
    { weight: 1, arbitrary: column.map((one) => `${one} in (select a from z)`) },
  )
  const plain = fc.oneof(
    comparison,
    column.map((one) => `${one} is not null`),
  )
  const disjunction = fc.tuple(plain, plain, plain, plain).map(([p, q, r, s]) => `((${p} and ${q}) or (${r} and ${s}))`)
  const negation = plain.map((one) => `not (${one})`)
  return fc
    .array(fc.oneof(leaf, disjunction, negation), { minLength: 1, maxLength: 3 })
    .map((conjuncts) => conjuncts.join(' and '))
}

const join = fc.constantFrom('join', 'left join', 'right join', 'full join', ',', 'semi join', 'anti join')

const query = fc
  .tuple(join, join, fc.constantFrom('a', 'b', 'k'), fc.constantFrom('a', 'b', 'k'), fc.nat(3))
  .chain(([first, second, left, right, shape]) => {
    const visible: string[] = ['x']
    const clause = (kind: string, table: string, on: string) => {
      if (kind === 'semi join' || kind === 'anti join') return ` ${kind} ${table} on ${on}`
      visible.push(table)
      return kind === ',' ? ` cross join ${table}` : ` ${kind} ${table} on ${on}`
    }
    const from = `x${clause(first, 'y', `x.${left} = y.${right}`)}${clause(second, 'z', `x.${right} = z.${left}`)}`
    return condition(visible).map((where) => {
      const columns = visible.map((table) => `${table}.a as ${table}a, ${table}.k as ${table}k`).join(', ')
      const inner = `select ${columns} from ${from} where ${where}`
      if (shape === 0) return inner
      if (shape === 1)
        return `select xa, count(*) as n, sum(xk) as s from (${inner}) where xk > 1 group by xa having count(*) > 1`
      if (shape === 2) return `select xk from (select distinct xa, xk from (${inner})) where xa is not null`
      return `select xk + 1 as v from (${inner} union all ${inner}) where xk <> 3`
    })
  })

describe('random queries', () => {
  it('give the same rows after optimization', async () => {
    expect(names).toHaveLength(Object.keys(TABLES).length)
    await fc.assert(
      fc.asyncProperty(query, async (sql) => {
        const expected = await judge.run(sql, false)
        const plan = await judge.planner.optimize(sql)
        expect(await judge.runPlan(plan, false)).toEqual(expected)
      }),
      { seed: 20240229, numRuns: 250 },
    )
  })
})
