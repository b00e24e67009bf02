/** Random pipelines run by records have DuckDB's rows, and those of bulk in the same order. */

import fc from 'fast-check'
import { differential } from '../../../support/differential.js'
import { everyType } from '../../../support/every-type.js'
import { expect, it } from '../../../support/jest.js'
import { byRecord } from '../../../support/row-run.js'
import { randomPipeline } from '../../differential/random-pipeline.js'

const RUNS = 60

const volley = differential({ t: everyType(7_000), one: everyType(1), none: everyType(0) }, [1])

it('random pipelines have the rows of their query', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (generate) => {
      const pipeline = randomPipeline((limit) => generate(fc.nat, { max: limit - 1 }))
      await volley().expectFrame((tables) => byRecord(pipeline.frame(tables)), pipeline.query)
      expect(true).toBe(true)
    }),
    { seed: 20_240_301, numRuns: RUNS, endOnFailure: true, includeErrorInReport: true },
  )
})
