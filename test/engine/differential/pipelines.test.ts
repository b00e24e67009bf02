/** Random pipelines of one to five operators have DuckDB's result, as frames and as SQL. */

import fc from 'fast-check'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { it } from '../../support/jest.js'
import { runsOf } from '../../support/ways.js'
import { randomPipeline } from './random-pipeline.js'

const volley = differential({ t: everyType(7_000), one: everyType(1), none: everyType(0) })

it('random pipelines have the rows of their query', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (generate) => {
      const pipeline = randomPipeline((limit) => generate(fc.nat, { max: limit - 1 }))
      await volley().expectBoth(pipeline.frame, pipeline.query)
    }),
    { seed: 20_240_229, numRuns: runsOf(80), endOnFailure: true },
  )
})
