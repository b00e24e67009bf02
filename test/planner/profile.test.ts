import { type NodeMeasurement, Profile, profilePlan, profileText } from '../../planner/profile.js'
import { afterAll, describe, expect, it } from '../support/jest.js'
import { Planner } from '../support/plan-judge.js'
import { TPCH } from '../support/tpch.js'

const planner = new Planner(TPCH)
afterAll(() => planner.close())

const QUERY = `select n_name, count(*) as n from nation, region
  where n_regionkey = r_regionkey and r_name = 'ASIA' group by n_name order by n desc limit 3`

function measured(node: number, counts: Partial<NodeMeasurement>): NodeMeasurement {
  return {
    node,
    strategy: 'bulk',
    rowsIn: 0,
    rowsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    batches: 0,
    timeMs: 0,
    waitMs: 0,
    cpuMs: 0,
    peakBytes: 0,
    retries: 0,
    spilledBytes: 0,
    ...counts,
  }
}

const MEASUREMENTS = [
  measured(1, { rowsIn: 5, rowsOut: 3, timeMs: 2 }),
  measured(2, { rowsIn: 1500, timeMs: 12, cpuMs: 11 }),
  measured(2, { strategy: 'bigdata', rowsIn: 4_500_000, rowsOut: 5, timeMs: 1500, spilledBytes: 7e6, retries: 1 }),
  measured(4, { rowsIn: 25, rowsOut: 25, waitMs: 70, peakBytes: 400 }),
]

describe('a profile', () => {
  it('puts what was measured beside the nodes of the plan', async () => {
    expect(profileText(profilePlan(await planner.optimize(QUERY), MEASUREMENTS))).toBe(
      `limit count 3
└─ sort by n DESC; limit 3                                                5 -> 3 rows  2 ms busy  0 ms cpu  0 ms wait
   └─ aggregate by n_name; compute count(*) AS n                          4,501,500 -> 5 rows  1.51 s busy  11 ms cpu  0 ms wait  7.00 MB spilled  retries 1  bulk 12 ms + bigdata 1.50 s
      └─ join inner; on n_regionkey = r_regionkey
         ├─ scan parquet nation.parquet; columns n_name, n_regionkey      25 -> 25 rows  0 ms busy  0 ms cpu  70 ms wait  400 B peak
         └─ project r_regionkey
            └─ filter r_name = 'ASIA'
               └─ scan parquet region.parquet; columns r_regionkey, r_n…
`,
    )
  })

  it('says the same as data, in one form for all strategies', async () => {
    const plan = profilePlan(await planner.optimize(QUERY), MEASUREMENTS)
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    const aggregate = plan.inputs[0].inputs[0]
    expect(aggregate).toMatchObject({ node: 2, operator: 'aggregate', annotations: [] })
    expect(aggregate.metrics.map(({ strategy, label }) => [strategy, label])).toEqual([
      ['bulk', 'aggregate by n_name; compute count(*) AS n'],
      ['bigdata', 'aggregate by n_name; compute count(*) AS n'],
    ])
    const [bulk, bigdata] = aggregate.metrics.map((metrics) => Object.keys(metrics).sort())
    expect(bigdata).toEqual(bulk)
    expect(plan.metrics).toEqual([])
  })

  it('heads the text with what the run report says', async () => {
    const plan = profilePlan(await planner.optimize('select n_name from nation'), [])
    const profile = new Profile(
      {
        rowsIn: 25,
        rowsOut: 25,
        bytesRead: 0,
        bytesWritten: 0,
        durationMs: 12.3,
        rejected: 0,
        retries: 0,
        peakRssBytes: 120e6,
        strategies: [
          { name: 'bulk', from: 0, reason: 'it fits' },
          { name: 'bigdata', from: 9, reason: 'it did not' },
        ],
        phases: [],
        memory: { limitBytes: 1e9, peakRssBytes: 120e6, timeline: [], operators: [] },
      },
      plan,
    )
    expect(String(profile).split('\n').slice(0, 2)).toEqual([
      'strategy bulk: it fits; then bigdata: it did not',
      '12 ms; 25 rows; peak memory 120 MB',
    ])
    expect(Object.keys(JSON.parse(JSON.stringify(profile)))).toEqual(['report', 'plan'])
  })
})
