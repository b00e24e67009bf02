/** Plans run in bulk, and as one statement by DuckDB over the same files: the rows are the same. */

import fc from 'fast-check'
import { type Engine, open } from '../../../index.js'
import { randomPipeline } from '../../engine/differential/random-pipeline.js'
import { STANDARD_TABLES } from '../../support/differential.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { Oracle } from '../../support/oracle.js'
import { PushdownJudge } from '../../support/pushdown-judge.js'
import { orderedQueries } from './ordered-queries.js'

let oracle: Oracle
let engine: Engine
let judge: PushdownJudge
const paths: Record<string, string> = {}

beforeAll(async () => {
  oracle = await Oracle.open()
  engine = await open({ threads: 1 })
  for (const [name, sql] of Object.entries({ ...STANDARD_TABLES, ...TIES })) {
    paths[name] = await oracle.parquet(name, sql)
  }
  judge = PushdownJudge.open(paths)
})

afterAll(async () => {
  await judge.close()
  await engine.close()
  oracle.close()
})

/** Small tables with many equal values. */
const TIES = {
  x: `select i % 4 as a, case when i % 3 <> 0 then i % 5 end as b, i as k, 'x' || (i * 7 % 11) as s from range(60) v(i)`,
  y: `select case when i % 4 <> 0 then i % 3 end as a, i % 5 as b, 100 - i as k, 'y' || (i % 3) as s from range(40) v(i)`,
  z: `select i % 2 as a, i % 3 as b, i as k, null::varchar as s from range(6) v(i)`,
}

/** How what a query gives in bulk differs from what DuckDB gives for the statement. */
async function difference(
  query: string,
  ordered: boolean,
  approximate: readonly string[] = [],
): Promise<string | null> {
  const tables = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, engine.scanParquet(path)]))
  return oracle.difference(engine.sql(query, tables), await judge.statement(query), { ordered, approximate })
}

describe('random pipelines', () => {
  it('give the rows that they give in bulk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(1_000_000)), async (numbers) => {
        const { query } = randomPipeline((limit) => (numbers.next().value as number) % limit)
        expect({ query, found: await difference(query, false) }).toEqual({ query, found: null })
      }),
      { seed: 20250101, numRuns: 60, endOnFailure: true },
    )
  })
})

describe('random queries whose result depends on the order of rows', () => {
  it('give the rows that they give in bulk, in the same order where one is promised', async () => {
    await fc.assert(
      fc.asyncProperty(orderedQueries, async ({ sql, ordered }) => {
        expect({ sql, found: await difference(sql, ordered) }).toEqual({ sql, found: null })
      }),
      { seed: 20250102, numRuns: 150, endOnFailure: true },
    )
  })
})
