/** Engines that are closed while a run begins. */

import { open } from '../../index.js'
import { expect, it } from '../support/jest.js'
import { failure } from '../support/scene.js'

it('a run that has only begun ends as closed, not as the victim of its threads', async () => {
  for (let i = 0; i < 3; i++) {
    const engine = await open({ threads: 1 })
    const rows = Array.from({ length: 10_000 }, (_, n) => ({ n }))
    const run = failure(() => engine.fromRecords(rows).sort('n').collect())
    await engine.close()
    expect((await run).code).toBe('VOLLEY_CLOSED')
  }
})
