/** Random pipelines run by records have DuckDB's rows, and those of bulk in the same order. */

import fc from 'fast-check'
import { type Engine, type Frame, open } from '../../../../index.js'
import { differential } from '../../../support/differential.js'
import { everyType } from '../../../support/every-type.js'
import { afterAll, beforeAll, expect, it } from '../../../support/jest.js'
import { randomPipeline } from '../../differential/random-pipeline.js'

const RUNS = 25

const volley = differential({ t: everyType(7_000), one: everyType(1), none: everyType(0) }, [1], { strategy: 'row' })
let bulk: Engine

beforeAll(async () => {
  bulk = await open({ threads: 2, strategy: 'bulk' })
})
afterAll(() => bulk.close())

async function rowsOf(frame: Frame): Promise<string[]> {
  const rows: string[] = []
  for await (const row of frame.rows()) {
    rows.push(JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))
  }
  return rows
}

it('random pipelines have the rows of their query', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (generate) => {
      const { frame, query } = randomPipeline((limit) => generate(fc.nat, { max: limit - 1 }))
      await volley().expectFrame(frame, query)
    }),
    { seed: 20_240_301, numRuns: RUNS, endOnFailure: true },
  )
})

it('random pipelines have the rows of bulk, in their order', async () => {
  const [engine] = volley().engines
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (generate) => {
      const { frame } = randomPipeline((limit) => generate(fc.nat, { max: limit - 1 }))
      expect(await rowsOf(frame(volley().tables(engine)))).toEqual(await rowsOf(frame(volley().tables(bulk))))
    }),
    { seed: 20_240_302, numRuns: RUNS, endOnFailure: true },
  )
})
