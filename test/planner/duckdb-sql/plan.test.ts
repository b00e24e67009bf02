/** What is pushed down, what is not, and how it reads. */

import type { LogicalPlan } from '../../../planner/logical-plan.js'
import { field, INT64, schemaOf } from '../../../planner/types.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { Oracle } from '../../support/oracle.js'
import { PushdownJudge } from '../../support/pushdown-judge.js'

let oracle: Oracle
let judge: PushdownJudge
let path = ''

beforeAll(async () => {
  oracle = await Oracle.open()
  path = await oracle.parquet(
    't',
    `select 1::bigint as k, 'x' as s, timestamp '2020-01-01' as moment, 1.5::decimal(38, 4) as d`,
  )
  judge = PushdownJudge.open({ t: path })
})

afterAll(async () => {
  await judge.close()
  oracle.close()
})

async function text(query: string): Promise<string> {
  return (await judge.statement(query)).replaceAll(path, 't.parquet')
}

const SCAN = `read_parquet(['t.parquet'], hive_partitioning = false, union_by_name = false)`

describe('a statement', () => {
  it('nests the operators of the plan', async () => {
    expect(await text('select s, sum(k) as n from t where k > 5 group by s order by s')).toBe(
      `SELECT CAST(c0 AS VARCHAR) AS "s", CAST(c1 AS DECIMAL(38,0)) AS "n" FROM (${[
        'SELECT c0, c1 FROM (SELECT c1 AS c0, sum(c0) AS c1 FROM (SELECT c0, c1 FROM (SELECT c0, c1 FROM ',
        `(SELECT CAST("k" AS BIGINT) AS c0, CAST("s" AS VARCHAR) AS c1 FROM ${SCAN})) `,
        'WHERE (c0 > CAST(5 AS BIGINT))) GROUP BY 1) ORDER BY c0 ASC NULLS LAST',
      ].join('')}) AS result(c0, c1)`,
    )
  })

  it('carries positions only where they decide', async () => {
    expect(await text('select k, s from t order by k')).toContain('ORDER BY c0 ASC NULLS LAST, p0')
    expect(await text('select k, s from t order by k, s')).not.toContain('p0')
    expect(await text('select k, count(*) from t group by k order by k')).not.toContain('p0')
    expect(await text('select s, count(*) as n from t group by s order by n')).toContain('min(p0) AS p0')
    expect(await text('select k from t where k > 5 limit 10')).not.toContain('p0')
    expect(await text('select distinct s from t limit 10')).toContain('ORDER BY p0 LIMIT 10')
    expect(await text('select s, last(k) from t group by s')).toContain('last(c0 ORDER BY p0)')
    expect(await text('select row_number() over () as n, k from t')).not.toContain('p0')
  })
})

describe('what DuckDB cannot do as volley does', () => {
  const reasonOf = async (plan: LogicalPlan | string) => {
    const { pushdown } = await judge.pushed(plan)
    return pushdown.kind === 'refused' ? pushdown.reason : null
  }

  it('is refused with the reason', async () => {
    expect(await reasonOf('select k from t')).toBe(null)
    expect(await reasonOf('select avg(d) from t')).toBe('mean of DECIMAL(38,4) has no equal in DuckDB')
    expect(await reasonOf('select (moment - moment) as d from t')).toBe(null)
    expect(await reasonOf('select median(d) over (partition by s) as m from t')).toContain('median over a window')
    const input = judge.planner.scan('t') as LogicalPlan
    const map: LogicalPlan = {
      kind: 'map',
      input,
      mode: 'row',
      function: { kind: 'closure', id: 1, label: 'f', call: () => null },
      schema: schemaOf([field('k', INT64)]),
    }
    expect(await reasonOf(map)).toBe('mapRows needs JavaScript')
  })
})
