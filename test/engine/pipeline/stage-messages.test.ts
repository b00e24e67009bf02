/** Messages to actors of a running pipeline. */

import { writeFileSync } from 'node:fs'
import type { PipelineSpecification } from '../../../index.js'
import { describe, expect, it } from '../../support/jest.js'
import { Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 1 })

const SCALED = `
export class Scaled {
  factor = 1
  process({ n }) { return { n: Number(n) * this.factor } }
  message(text) {
    if (text === 'fail') throw new Error('no factor')
    this.factor = Number(text)
    return { factor: this.factor }
  }
}
export class Deaf { process(record) { return record } }`

/** Records of which the second comes when `go` is called. */
function heldSource(): { readonly records: () => AsyncGenerator<object>; readonly go: () => void } {
  let go = () => {}
  const gone = new Promise<void>((resolve) => {
    go = resolve
  })
  async function* records() {
    yield { n: 1 }
    await gone
    yield { n: 2 }
  }
  return { records, go: () => go() }
}

function scaling(source: () => AsyncGenerator<object>, name: string, loaded: object[]): PipelineSpecification {
  writeFileSync(scene.path('scaled.mjs'), SCALED)
  return {
    mode: 'streaming',
    stages: [
      { id: 'source', source },
      {
        id: 'scaled',
        from: 'source',
        placement: { kind: 'actor', actors: 2 },
        transform: { function: { module: scene.path('scaled.mjs'), function: name } },
      },
      { id: 'end', from: 'scaled', target: (record: object) => void loaded.push(record) },
    ],
  }
}

describe('a message', () => {
  it('reaches all actors of a stage between two batches, and their answers come back', async () => {
    const { records, go } = heldSource()
    const loaded: object[] = []
    const pipeline = scene.engine.pipeline(scaling(records, 'Scaled', loaded))
    const run = pipeline.run()
    // Waits for the actors to start.
    expect(await pipeline.message('scaled', '10')).toEqual([{ factor: 10 }, { factor: 10 }])
    go()
    await run
    expect(loaded.at(-1)).toEqual({ n: 20n })
  })

  it('fails alone where the actor does', async () => {
    const { records, go } = heldSource()
    const pipeline = scene.engine.pipeline(scaling(records, 'Scaled', []))
    const run = pipeline.run()
    await expect(pipeline.message('scaled', 'fail')).rejects.toMatchObject({
      code: 'VOLLEY_USER_FUNCTION',
      message: expect.stringContaining('no factor'),
    })
    go()
    expect((await run).status).toBe('done')
  })

  it('is refused by actors that take none, and by stages that are none', async () => {
    const { records, go } = heldSource()
    const pipeline = scene.engine.pipeline(scaling(records, 'Deaf', []))
    const run = pipeline.run()
    await expect(pipeline.message('scaled', 'x')).rejects.toMatchObject({ code: 'VOLLEY_UNSUPPORTED' })
    const refused = expect(pipeline.message('source', 'x')).rejects.toMatchObject({
      code: 'VOLLEY_INVALID_ARGUMENT',
      message: "stage 'source' has no actors that run",
    })
    go()
    await run
    await refused
  })

  it('needs a pipeline that runs', async () => {
    const pipeline = scene.engine.pipeline(scaling(heldSource().records, 'Scaled', []))
    await expect(pipeline.message('scaled', 'x')).rejects.toMatchObject({
      code: 'VOLLEY_INVALID_ARGUMENT',
      message: expect.stringContaining('does not run'),
    })
    await expect(pipeline.message('scaled', 1 as never)).rejects.toMatchObject({ code: 'VOLLEY_INVALID_ARGUMENT' })
  })
})
