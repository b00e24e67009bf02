/** When accumulators pass batches on because of time. */

import type { EventEmitter } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Accumulator } from '../../../../engine/pipeline/streaming/accumulator.js'
import type { AccumulatorStage } from '../../../../planner/pipeline/definition.js'
import { afterAll, describe, expect, it } from '../../../support/jest.js'
import { StreamScene } from '../../../support/streaming.js'
import { numbered, Stages } from '../placements/stages.js'

const stages = new Stages()
afterAll(() => stages.close())
const scene = StreamScene.forFile()

const EVERY: AccumulatorStage = {
  id: 'gathered',
  kind: 'accumulator',
  inputs: [],
  tables: {},
  placement: null,
  errors: null,
  retries: null,
  queue: 8,
  key: ['id'],
  rows: null,
  bytes: null,
  milliseconds: 400,
  totalRows: null,
  totalBytes: null,
}

/** An accumulator for which no time passes by itself. */
function timed(begin: number) {
  const clock = { now: begin }
  return { clock, work: new Accumulator(EVERY, stages.services.run.context, () => clock.now) }
}

describe('an accumulator with a time', () => {
  it('passes on each key so long after its first row, and no sooner', async () => {
    const { work, clock } = timed(1000)
    expect(work.due).toBeNull()
    expect(await work.process(stages.batch(numbered(1, 2)))).toEqual([])
    expect(work.due).toBe(1400)
    clock.now = 1200
    // What comes later does not put off what is there, and has a time of its own.
    await work.process(stages.batch(numbered(1, 3)))
    expect(work.due).toBe(1400)
    clock.now = 1399
    expect(await work.tick()).toEqual([])
    clock.now = 1400
    expect(stages.rows(await work.tick()).main.map(({ id }) => Number(id))).toEqual([1, 1])
    expect(work.due).toBe(1600)
    clock.now = 1600
    expect(stages.rows(await work.tick()).main.map(({ id }) => Number(id))).toEqual([2])
    expect(work.due).toBeNull()
    await work.close()
  })

  it('goes on with the age that rows had at a checkpoint', async () => {
    const { work, clock } = timed(1000)
    await work.process(stages.batch(numbered(1, 2)))
    clock.now = 1100
    const { state, batches } = await work.checkpointed.save()
    const { work: resumed } = timed(50_000)
    await resumed.checkpointed.restore({ state, batches })
    expect(resumed.due).toBe(50_300)
    expect(stages.rows(await resumed.finish()).main).toHaveLength(1)
  })

  it('lets a slow source through while it waits for more', async () => {
    // Ends only once its first record has come out at the other end.
    writeFileSync(
      scene.path('slow.mjs'),
      `import { EventEmitter, once } from 'node:events'
      export const arrival = new EventEmitter()
      export async function* slow() {
        const first = once(arrival, 'first')
        yield { id: 1 }
        await first
        yield { id: 2 }
      }`,
    )
    const { arrival } = (await import(scene.path('slow.mjs'))) as { readonly arrival: EventEmitter }
    const loaded: number[] = []
    await scene.run({
      stages: [
        { id: 'slow', source: { module: scene.path('slow.mjs'), function: 'slow', schema: { id: 'int64' } } },
        { id: 'gathered', kind: 'accumulator', from: 'slow', rows: 100, every: '20ms' },
        {
          id: 'end',
          from: 'gathered',
          target: ({ id }: { readonly id: bigint }) => {
            loaded.push(Number(id))
            arrival.emit('first')
          },
        },
      ],
    })
    expect(loaded).toEqual([1, 2])
  })
})
