/** Random pipelines over random small tables of several files, with whatever is rare in larger ones. */

import fc from 'fast-check'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { it } from '../../support/jest.js'
import { runsOf } from '../../support/ways.js'
import { randomPipeline } from './random-pipeline.js'
import { randomTable } from './random-table.js'

const volley = differential({ one: everyType(1), none: everyType(0) })

it('random pipelines have the rows of their query, whatever the table', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (generate) => {
      const draw = (limit: number) => generate(fc.nat, { max: limit - 1 })
      await volley().addTable('t', ...randomTable(draw))
      const { frame, query } = randomPipeline(draw)
      await volley().expectBoth(frame, query)
    }),
    { seed: 20_261_122, numRuns: runsOf(60), endOnFailure: true, includeErrorInReport: true },
  )
})
