import { explainJson, explainText } from '../../planner/explain.js'
import type { ResolvedPlan } from '../../planner/logical-plan.js'
import { afterAll, describe, expect, it } from '../support/jest.js'
import { Planner } from '../support/plan-judge.js'
import { TPCH } from '../support/tpch.js'

const planner = new Planner(TPCH)
afterAll(() => planner.close())

const QUERY = `select n_name, count(*) as n from nation, region
  where n_regionkey = r_regionkey and r_name = 'ASIA' group by n_name order by n desc limit 3`

const annotate = (node: ResolvedPlan) => (node.kind === 'scan' ? ['~5 rows', 'row groups 1 of 2'] : [])

describe('explain', () => {
  it('draws one node a line, with annotations', async () => {
    expect(explainText(await planner.optimize(QUERY), annotate)).toBe(
      `limit count 3
└─ sort by n DESC; limit 3
   └─ aggregate by n_name; compute count(*) AS n
      └─ join inner; on n_regionkey = r_regionkey
         ├─ scan parquet nation.parquet; columns n_name, n_regionkey [~5 rows, row groups 1 of 2]
         └─ project r_regionkey
            └─ filter r_name = 'ASIA'
               └─ scan parquet region.parquet; columns r_regionkey, r_name; filter pushed down [~5 rows, row groups 1 of 2]
`,
    )
  })

  it('says the same as data', async () => {
    const json = explainJson(await planner.optimize(QUERY), annotate)
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(json).toMatchObject({ operator: 'limit', properties: { count: 3 }, columns: ['n_name VARCHAR', 'n BIGINT'] })
    const scans = JSON.stringify(json).match(/"row groups 1 of 2"/g)
    expect(scans).toHaveLength(2)
  })

  it('names user functions by what they are', async () => {
    const input = await planner.optimize('select n_name from nation')
    const closure: ResolvedPlan = {
      kind: 'map',
      schema: input.schema,
      input,
      mode: 'batch',
      function: { kind: 'closure', id: 1, label: 'shout', call: () => undefined },
    }
    const module: ResolvedPlan = {
      ...closure,
      input: closure,
      mode: 'row',
      function: { kind: 'module', module: './shout.js', function: 'shout', kwargs: {} },
    }
    expect(explainText(module).split('\n').slice(0, 2)).toEqual(['map row shout of ./shout.js', '└─ map batch shout'])
  })
})
