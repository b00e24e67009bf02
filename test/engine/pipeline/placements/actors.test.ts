/** Stages as actors: state, keys, messages, checkpoints. */

import { ActorWork } from '../../../../engine/pipeline/placements/actors.js'
import type { Placement } from '../../../../planner/pipeline/definition.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { functionBody, numbered, type Rows, Stages } from './stages.js'

type ActorPlacement = Extract<Placement, { kind: 'actor' }>

const ONE: ActorPlacement = { kind: 'actor', actors: 1, key: [] }
const KEYED: ActorPlacement = { kind: 'actor', actors: 3, key: ['name'] }

const SUMS = functionBody('Sums', 'record', { column: 'name' })
const NAMED: Rows = numbered(0, 200).map((row, i) => ({ ...row, name: i % 7 === 6 ? null : `key ${i % 7}` }))

let stages: Stages
beforeAll(() => {
  stages = new Stages()
})
afterAll(() => stages.close())

function sumsOf(rows: Rows): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { name, value } of rows) sums[String(name)] = (sums[String(name)] ?? 0) + Number(value)
  return sums
}

function sumsIn(rows: Rows): Record<string, number> {
  return Object.fromEntries(rows.map(({ key, sum }) => [String(key), Number(sum)]))
}

describe('an actor', () => {
  it('keeps state from batch to batch, and puts out what is left at the end', async () => {
    const work = await stages.open(SUMS, ONE)
    const { main } = await stages.run(work, [NAMED.slice(0, 50), NAMED.slice(50)])
    expect(sumsIn(main)).toEqual(sumsOf(NAMED))
  })

  it('comes of a factory, too', async () => {
    const work = await stages.open(functionBody('createNumbered', 'batch'), { ...ONE, actors: 2 })
    const { main } = await stages.run(work, [numbered(0, 1), numbered(0, 2), numbered(0, 3)])
    expect(main.map(({ number, rows }) => [Number(number), Number(rows)])).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
    ])
  })

  it('gets all rows of a key, null being one', async () => {
    const work = await stages.open(SUMS, KEYED)
    const { main } = await stages.run(work, [NAMED.slice(0, 50), NAMED.slice(50, 51), NAMED.slice(51)])
    expect(main).toHaveLength(7)
    expect(sumsIn(main)).toEqual(sumsOf(NAMED))
  })

  it('refuses a key that is no column', async () => {
    const work = await stages.open(SUMS, { ...KEYED, key: ['nam'] })
    await expect(work.process(stages.batch(NAMED))).rejects.toMatchObject({
      code: 'VOLLEY_UNKNOWN_COLUMN',
      message: expect.stringMatching(/routes by column 'nam'.*did you mean 'name'\?$/),
    })
    await work.close()
  })

  it('answers messages', async () => {
    const work = await stages.open(SUMS, { ...KEYED, actors: 2 })
    if (!(work instanceof ActorWork)) throw new Error('no actors')
    expect(await work.message('2')).toEqual(['factor 2', 'factor 2'])
    const { main } = await stages.run(work, [NAMED])
    expect(sumsIn(main)).toEqual(Object.fromEntries(Object.entries(sumsOf(NAMED)).map(([key, sum]) => [key, 2 * sum])))
  })

  it('goes on from what it saved', async () => {
    const first = await stages.open(SUMS, KEYED)
    await first.process(stages.batch(NAMED.slice(0, 120)))
    const saved = await first.checkpointed?.save()
    await first.process(stages.batch(NAMED))
    await first.close()
    if (saved === undefined) throw new Error('nothing saved')

    const second = await stages.open(SUMS, KEYED)
    await second.checkpointed?.restore(JSON.parse(JSON.stringify(saved)))
    const { main } = await stages.run(second, [NAMED.slice(120)])
    expect(sumsIn(main)).toEqual(sumsOf(NAMED))

    const other = await stages.open(SUMS, { ...KEYED, actors: 2 })
    await expect(other.checkpointed?.restore(saved)).rejects.toMatchObject({
      code: 'VOLLEY_INVALID_ARGUMENT',
      message: expect.stringContaining('had 3 actors at its checkpoint, and has 2 now'),
    })
    await other.close()
  })

  it('cannot be part of a checkpoint if it cannot save its state', async () => {
    const work = await stages.open(functionBody('Forgetful'), ONE)
    await expect(work.checkpointed?.save()).rejects.toMatchObject({
      code: 'VOLLEY_UNSUPPORTED',
      message: expect.stringContaining('have no save() and restore(state)'),
    })
    await work.close()
  })

  it('loses its state with its thread', async () => {
    const work = await stages.open(functionBody('exits', 'batch', { code: 4 }), { ...ONE, actors: 2 })
    await expect(work.process(stages.batch(NAMED))).rejects.toMatchObject({
      code: 'VOLLEY_WORKER_DIED',
      message: "stage 'tested': actor 1 of 2 ended with exit code 4",
    })
    await work.close()
  })

  it('needs its own placement', async () => {
    const work = await stages.open(SUMS, { kind: 'threads', maxThreads: null })
    await expect(work.process(stages.batch(NAMED))).rejects.toMatchObject({
      code: 'VOLLEY_UNSUPPORTED',
      message: expect.stringContaining("place the stage as 'actor'"),
    })
    await work.close()
  })

  it('ends with an aborted run', async () => {
    const own = new Stages()
    const work = await own.open(functionBody('waits'), ONE)
    const waiting = work.process(own.batch(numbered(0, 1)))
    setTimeout(() => own.abort(), 20)
    await expect(waiting).rejects.toMatchObject({ code: 'VOLLEY_ABORTED' })
    await own.close()
  })
})
