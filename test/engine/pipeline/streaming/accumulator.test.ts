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

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

describe('an accumulator with a time', () => {
  it('passes on each key so long after its first row, and no sooner', async () => {
    const work = new Accumulator(EVERY, stages.services.run.context)
    const began = performance.now()
    expect(work.due).toBeNull()
    expect(await work.process(stages.batch(numbered(1, 2)))).toEqual([])
    const due = work.due ?? 0
    expect(due).toBeGreaterThanOrEqual(began + 400)
    expect(due).toBeLessThanOrEqual(performance.now() + 400)
    expect(await work.tick()).toEqual([])
    await pause(200)
    // What comes later does not put off what is there, and has a time of its own.
    await work.process(stages.batch(numbered(1, 3)))
    expect(work.due).toBe(due)
    await pause(due - performance.now() + 1)
    expect(stages.rows(await work.tick()).main.map(({ id }) => Number(id))).toEqual([1, 1])
    expect(work.due).toBeGreaterThan(due + 150)
    await pause((work.due ?? 0) - performance.now() + 1)
    expect(stages.rows(await work.tick()).main.map(({ id }) => Number(id))).toEqual([2])
    expect(work.due).toBeNull()
    await work.close()
  })

  it('goes on with the age that rows had at a checkpoint', async () => {
    const work = new Accumulator(EVERY, stages.services.run.context)
    await work.process(stages.batch(numbered(1, 2)))
    await pause(100)
    const { state, batches } = await work.checkpointed.save()
    const resumed = new Accumulator(EVERY, stages.services.run.context)
    await resumed.checkpointed.restore({ state, batches })
    expect(resumed.due).toBeLessThanOrEqual(performance.now() + 301)
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
