/** Strategies of the user's own drive components, and the rest of the plan runs as ever. */

import type { RecordBatch } from 'apache-arrow'
import { type Component, type ExecutionStrategy, type Out, open, type Payload } from '../../../../index.js'
import { expect, it } from '../../../support/jest.js'
import { failure, Scene } from '../../../support/scene.js'
import { numbers, Pass, Repeat, rowsOf } from './components.js'

const scene = Scene.forFile({ threads: 1 })

/** Calls processRow for several records at once, and puts their results out in order. */
class Concurrent implements ExecutionStrategy {
  readonly name = 'concurrent'
  most = 0

  supports(component: Component) {
    return component.processRow === undefined ? { reason: 'it has no processRow' } : true
  }

  async *execute(component: Component, payload: Payload): AsyncGenerator<Out> {
    let running = 0
    for await (const batch of payload.input) {
      const results = [...payload.rowsOf(batch)].map(async (row) => {
        this.most = Math.max(this.most, ++running)
        await new Promise(setImmediate)
        const outputs = payload.outputs()
        const returned = await component.processRow?.(row, outputs.emit)
        if (returned !== null && returned !== undefined) outputs.emit(returned)
        running--
        return outputs.take()
      })
      for (const outs of await Promise.all(results)) yield* outs
    }
  }
}

it('may call a method for many records at once', async () => {
  const concurrent = new Concurrent()
  scene.engine.registerStrategy(concurrent)
  const frame = numbers(scene.engine, 100).apply(new Repeat())
  const rows = await rowsOf(frame.rows({ strategy: 'concurrent' }))
  expect(rows).toEqual(await rowsOf(frame.rows()))
  expect(concurrent.most).toBe(100)
  const error = await failure(() => frame.apply(new Pass()).count({ strategy: 'concurrent' }))
  expect(error.message).toBe("strategy 'concurrent' cannot run component 'pass': it has no processRow")
})

it('may be that of an engine', async () => {
  await using engine = await open({ threads: 1, strategy: new Concurrent() })
  const frame = numbers(engine, 10).filter('n > 0').apply(new Repeat())
  expect(await frame.count()).toBe(12)
  expect(await frame.count({ strategy: 'bulk' })).toBe(12)
  const text = await frame.explain()
  expect(text).toMatch(/component repeat; ports rejects \[driven by strategy 'concurrent', runs in the main thread\]/)
})

const executing = (name: string, execute: ExecutionStrategy['execute']) => {
  scene.engine.registerStrategy({ name, supports: () => true, execute })
  return () => numbers(scene.engine, 10).apply(new Pass()).count({ strategy: name })
}

it('fails by its own name', async () => {
  const run = executing('broken', async function* () {
    yield* []
    throw new TypeError('boom')
  })
  const error = await failure(run)
  expect([error.code, error.message]).toEqual([
    'VOLLEY_USER_FUNCTION',
    "strategy 'broken' failed on component 'pass': boom",
  ])
})

it('puts out batches of the ports there are, and nothing else', async () => {
  const nothing = executing('nothing', async function* () {
    yield {} as Out
  })
  expect((await failure(nothing)).message).toMatch(/'nothing' failed .* something else than \{ port, batch \}/)
  const elsewhere = executing('elsewhere', async function* (_, { input }) {
    for await (const batch of input) yield { port: 'out', batch }
  })
  expect((await failure(elsewhere)).message).toMatch(/component 'pass' has no port 'out', only 'main'/)
})

it('cannot use a batch after its time', async () => {
  const hoarding = executing('hoarding', async function* (_, { input, batchOf }) {
    const made: RecordBatch[] = []
    for await (const _batch of input) made.push(batchOf([{ id: 1, n: 1 }]), batchOf([{ id: 2, n: 2 }]))
    for (const batch of [...made, made[0]]) yield { port: 'main', batch }
  })
  const error = await failure(hoarding)
  expect([error.code, error.message]).toEqual([
    'VOLLEY_USER_FUNCTION',
    expect.stringMatching(/^component 'pass' used a batch that is not valid any more/),
  ])
})

it('may leave its input early, and learns of the end', async () => {
  let ended: AbortSignal | null = null
  const run = executing('first', async function* (_, { input, signal }) {
    ended = signal
    for await (const batch of input) {
      yield { port: 'main', batch: batch.slice(3, 5) }
      return
    }
  })
  expect(await run()).toBe(2)
  expect(ended).toMatchObject({ aborted: true })
})
