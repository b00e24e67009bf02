import type { ResolvedPlan } from '../../../planner/logical-plan.js'
import { RULE_NAMES } from '../../../planner/optimizer/optimizer.js'
import { inputsOf, sameColumns } from '../../../planner/plan-tree.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { PlanJudge } from '../../support/plan-judge.js'

/** Rows by formulas, with nulls, repeated values and keys without partners. */
const TABLES = {
  r: 'select i as k, case when i % 7 <> 0 then i % 5 end as a, i % 11 as b, i * 3 % 8 as c from range(40) v(i)',
  s: "select i as k, case when i % 6 <> 0 then i % 4 end as a, 'v' || i % 9 as t from range(30) v(i)",
  q: "select i as k, i * 7 % 13 as b, date '2024-01-01' + cast(i as integer) as day from range(20) v(i)",
}

const QUERIES = [
  'select * from r where a > 1 and b < 5 and not (c = 1 or c = 2)',
  'select r.k, s.t from r, s, q where r.a = s.a and s.k = q.k and q.b > 3 and r.c + 1 = q.b',
  'select r.k, s.t from r left join s on r.a = s.a and s.k > 10 where s.t is not null or r.b = 3',
  'select r.k, s.t from r full join s on r.a = s.a where r.b > 5',
  'select r.k, s.t from r right join s on r.a = s.a where coalesce(r.b, 1) < 4',
  'select r.k, q.day from r join s on r.a = s.a join q on q.k = s.k and q.b = r.b where r.k in (select k from q)',
  'select a, sum(b) as n from (select * from r where c > 2) where a is not null group by a having sum(b) > 10',
  'select * from (select a, b, count(*) as n from r group by a, b) where a = 2 and n > 0',
  'select distinct a from (select a, b from r union all select a, k from s) where a > 0',
  'select k, a from (select k, a, row_number() over (partition by a order by k) as n from r) where n < 3 and a > 1',
  'select * from (select k, a from r order by k limit 12) where a = 2 order by k',
  "select * from q where day >= date '2024-01-05' and day < date '2024-01-01' + interval '10' day and 1 = 1",
  'select k from (select k + 1 as k, a + b as x from r) where x > 6 order by k limit 5 offset 1',
  'select (r.a = 1 and s.k > 3) or (r.a = 2 and s.k > 5) as hit, r.k from r join s on r.a = s.a where (r.b = 1 and s.k < 9) or (r.b = 2 and s.k > 9)',
  'select * from r where a not in (select a from s where a is not null) and k > 3',
  'select count(*) from r, s where r.k = s.k',
  'select a from r intersect select a from s',
]

let judge: PlanJudge
beforeAll(async () => {
  judge = await PlanJudge.open(TABLES)
})
afterAll(() => judge.close())

async function expectSame(query: string, disabled: readonly string[]): Promise<void> {
  const ordered = query.includes('order by k limit 5') || query.endsWith('order by k')
  const plan = await judge.planner.optimize(query, { disabled })
  expect((await judge.runPlan(plan, ordered)).rows).toEqual((await judge.run(query, ordered)).rows)
}

describe('optimizer', () => {
  it.each(QUERIES)('keeps the columns at every step and node of %s', async (query) => {
    const resolved = await judge.planner.resolve(query)
    const steps: string[] = []
    await judge.planner.optimize(query, {
      onStep: (rule, plan) => {
        steps.push(rule)
        expect(sameColumns(plan.schema, resolved.schema)).toBe(true)
        checkColumns(plan)
      },
    })
    expect(new Set(steps)).toEqual(new Set(RULE_NAMES))
  })

  it.each(['nothing', ...RULE_NAMES])('gives the same results without %s', async (rule) => {
    for (const query of QUERIES) await expectSame(query, [rule])
  })

  it('gives the same results with one rule alone', async () => {
    for (const rule of RULE_NAMES) {
      const others = RULE_NAMES.filter((name) => name !== rule)
      for (const query of QUERIES) await expectSame(query, others)
    }
  })
})

/** Nodes that pass columns on have the schemas of their inputs. */
function checkColumns(plan: ResolvedPlan): void {
  for (const input of inputsOf(plan)) {
    checkColumns(input)
    if (plan.kind === 'filter' || plan.kind === 'sort' || plan.kind === 'limit' || plan.kind === 'distinct') {
      expect(sameColumns(plan.schema, input.schema)).toBe(true)
    }
  }
  if (plan.kind === 'project')
    expect(plan.schema.fields.map((one) => one.name)).toEqual(plan.expressions.map((one) => one.name))
  if (plan.kind === 'join' && plan.how !== 'semi' && plan.how !== 'anti') {
    expect(plan.schema.fields).toHaveLength(plan.left.schema.fields.length + plan.rightColumns.length)
  }
}
