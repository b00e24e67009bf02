/** Stages in threads and snapshots, which see the shared memory, and what each placement refuses. */

import type { StageBody } from '../../../../engine/pipeline/placements/body.js'
import { placementFor } from '../../../../engine/pipeline/placements/body.js'
import type { Frame } from '../../../../planner/frame.js'
import { FLOAT64, field, INT64, schemaOf } from '../../../../planner/types.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { functionBody, INPUT, KINDS, numbered, PLACEMENTS, Stages, stageFunction } from './stages.js'

let stages: Stages
beforeAll(() => {
  stages = new Stages()
})
afterAll(() => stages.close())

function frameBody(apply: (input: Frame) => Frame, perBatch = false): StageBody {
  return { kind: 'frame', input: INPUT, apply, perBatch }
}

const THREADS = PLACEMENTS.threads
const CLOSURE: StageBody = {
  kind: 'function',
  function: { kind: 'closure', call: (row) => row, label: 'identity', mode: 'record' },
  schema: null,
}

describe('a stage in threads', () => {
  it('gives each batch its own result, however many are under way', async () => {
    const work = await stages.open(
      frameBody((input) => input.select('id', 'value + 1 as more')),
      { kind: 'threads', maxThreads: 2 },
    )
    const all = Array.from({ length: 50 }, async (_, i) => {
      const outputs = await work.process(stages.batch(numbered(i * 100, i * 100 + (i % 3 === 0 ? 90 : 1))))
      return Number(stages.rows(outputs).main[0].id)
    })
    expect(await Promise.all(all)).toEqual(Array.from({ length: 50 }, (_, i) => i * 100))
    await work.close()
  })

  it('fails for the batch that it fails for, and for no other', async () => {
    const work = await stages.open(functionBody('fails'), { kind: 'threads', maxThreads: 1 })
    const firsts = [10, 20, 0, 30, 40]
    const results = await Promise.allSettled(firsts.map((id) => work.process(stages.batch(numbered(id, id + 3)))))
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    for (const result of results) if (result.status === 'fulfilled') stages.rows(result.value)
    await work.close()
  })

  it.each([
    ['arranged', (input: Frame) => input.rename({ value: 'worth' }).drop('name')],
    ['filtered', (input: Frame) => input.filter('id >= 0').drop('name')],
  ])('copies no column that it passes on, and leaves a batch in one piece: %s', async (_, apply) => {
    const rows = numbered(0, 100_000)
    const work = await stages.open(frameBody(apply), THREADS)
    const batch = stages.batch(rows)
    const addresses = batch.columns.slice(0, 2).map(({ values }) => values)
    const [output, ...others] = await work.process(batch)
    expect(others).toEqual([])
    expect(output.batch.length).toBe(100_000)
    expect(output.batch.columns.map(({ values }) => values)).toEqual(addresses)
    stages.rows([output])
    await work.close()
  })

  it('settles on one schema, although calls under way together find several', async () => {
    const work = await stages.open(functionBody('totals', 'batch'), { kind: 'threads', maxThreads: 2 })
    // 0.5 and 3 as sums: DOUBLE comes first, and takes BIGINT.
    const batches = [numbered(1, 2), numbered(0, 4), numbered(2, 3), numbered(0, 5)]
    const outputs = await Promise.all(batches.map((rows) => work.process(stages.batch(rows))))
    expect(stages.rows(outputs.flat()).main.map(({ total }) => total)).toEqual([0.5, 3, 1, 5])
    await work.close()
  })

  it('maps batches to records within a frame', async () => {
    const source = stageFunction('totals', 'batch')
    if (source.kind !== 'module') throw new Error('no module')
    const { module, function: name } = source
    const schema = { rows: 'int64', total: 'float64' } as const
    const work = await stages.open(
      frameBody((input) => input.mapBatches({ module, function: name }, { schema })),
      THREADS,
    )
    const { main } = await stages.run(work, [numbered(0, 4)])
    expect(main).toEqual([{ rows: 4n, total: 3 }])
  })

  it('joins with tables, which are read once', async () => {
    const table = stages.services.tableOf(schemaOf([field('id', INT64), field('bonus', FLOAT64)]), [
      stages.batch(
        numbered(0, 3).map(({ id }) => ({ id, bonus: Number(id) * 10 })),
        schemaOf([field('id', INT64), field('bonus', FLOAT64)]),
      ),
    ])
    const apply = (input: Frame) => input.join(table.frame, { on: 'id' }).select('id', 'value + bonus as sum')
    for (const kind of ['inline', 'threads', 'snapshot'] as const) {
      const work = await stages.open(frameBody(apply), PLACEMENTS[kind])
      const { main } = await stages.run(work, [numbered(0, 2), numbered(2, 5)])
      expect(main).toEqual([0, 1, 2].map((id) => ({ id: BigInt(id), sum: id / 2 + id * 10 })))
    }
    for (const kind of ['process', 'actor'] as const) {
      await expect(stages.open(frameBody(apply), PLACEMENTS[kind])).rejects.toMatchObject({
        code: 'VOLLEY_UNSUPPORTED',
        message: expect.stringContaining(`cannot be placed as '${kind}': it joins with tables`),
      })
    }
    await stages.reopen()
    await table.close()
  })

  it.each([
    ['sorts', (input: Frame) => input.sort('value')],
    ['groups rows', (input: Frame) => input.groupBy('name').agg({ total: 'sum(value)' })],
    ['groups rows', (input: Frame) => input.distinct('name')],
    ['takes the first rows', (input: Frame) => input.limit(3)],
    ['joins its input with itself', (input: Frame) => input.join(input, { on: 'id', suffix: '2' })],
    ['computes windows', (input: Frame) => input.withColumns({ n: 'row_number() over (order by id)' })],
  ])('refuses what needs all of its input: it %s', async (what, apply) => {
    await expect(stages.open(frameBody(apply), THREADS)).rejects.toMatchObject({
      code: 'VOLLEY_UNSUPPORTED',
      message: expect.stringMatching(new RegExp(`^stage 'tested' ${what}, .*accumulator`)),
    })
    const work = await stages.open(frameBody(apply, true), THREADS)
    const { main } = await stages.run(work, [numbered(0, 6), numbered(6, 9)])
    expect(main.length).toBeGreaterThan(4)
  })

  it('puts nothing out where a condition is never true', async () => {
    const work = await stages.open(
      frameBody((input) => input.filter('1 = 0')),
      THREADS,
    )
    expect(await stages.run(work, [numbered(0, 3), []])).toEqual({})
  })

  it('refuses a batch of other columns', async () => {
    const work = await stages.open(functionBody('double'), THREADS)
    stages.rows(await work.process(stages.batch(numbered(0, 1))))
    const other = stages.batch([{ id: 1 }], schemaOf([field('id', INT64)]))
    await expect(work.process(other)).rejects.toMatchObject({
      code: 'VOLLEY_SCHEMA_MISMATCH',
      message:
        "stage 'tested' gets a batch with columns (id BIGINT) where it expects (id BIGINT, value DOUBLE, name VARCHAR)",
    })
    await work.close()
  })

  it.each(['inline', 'threads', 'snapshot'] as const)('is aborted while it waits: %s', async (kind) => {
    const own = new Stages()
    const work = await own.open(functionBody('waits'), { ...PLACEMENTS[kind], accumulateMax: 1 } as never)
    const waiting = work.process(own.batch(numbered(0, 1)))
    setTimeout(() => own.abort(), 20)
    await expect(waiting).rejects.toMatchObject({ code: 'VOLLEY_ABORTED' })
    await own.close()
  })
})

describe('a snapshot', () => {
  it('knows nothing of the one before, and its batches share a thread', async () => {
    const work = await stages.open(functionBody('counting', 'batch'), {
      kind: 'snapshot',
      maxThreads: 1,
      accumulateMax: 2,
    })
    const { main } = await stages.run(work, [numbered(0, 1), numbered(0, 2), numbered(0, 3)])
    expect(main.map(({ calls, rows }) => [Number(calls), Number(rows)])).toEqual([
      [1, 1],
      [2, 2],
      [1, 3],
    ])
  })

  it('keeps what it has accumulated over a checkpoint', async () => {
    const placement = { kind: 'snapshot', maxThreads: 1, accumulateMax: 3 } as const
    const first = await stages.open(functionBody('double'), placement)
    expect(await first.process(stages.batch(numbered(0, 2)))).toEqual([])
    const saved = await first.checkpointed?.save()
    expect(saved?.batches.map(({ length }) => length)).toEqual([2])
    await first.close()
    const second = await stages.open(functionBody('double'), placement)
    await second.checkpointed?.restore({ state: saved?.state ?? null, batches: [stages.batch(numbered(0, 2))] })
    expect((await stages.run(second, [numbered(4, 5)])).main.map(({ id }) => Number(id))).toEqual([0, 1, 4])
  })

  it('ends with its thread', async () => {
    const placement = { kind: 'snapshot', maxThreads: 2, accumulateMax: 1 } as const
    const work = await stages.open(functionBody('exits', 'batch', { code: 5 }), placement)
    await expect(work.process(stages.batch(numbered(0, 1)))).rejects.toMatchObject({
      code: 'VOLLEY_WORKER_DIED',
      message: "stage 'tested': the thread of a snapshot of 1 batches ended with code 5",
    })
    await work.close()
    const late = await stages.open(functionBody('throwsLater', 'batch', {}, INPUT), placement)
    await expect(late.process(stages.batch(numbered(0, 1)))).rejects.toMatchObject({ code: 'VOLLEY_WORKER_DIED' })
    await late.close()
  })
})

describe('closures and handles', () => {
  it('run inline', async () => {
    const work = await stages.open(CLOSURE, PLACEMENTS.inline)
    const { main } = await stages.run(work, [numbered(0, 2)])
    expect(main.map(({ id }) => Number(id))).toEqual([0, 1])
    const maps = frameBody((input) => input.mapRows(({ id }) => ({ id }), { schema: { id: 'int64' } }))
    const mapping = await stages.open(maps, PLACEMENTS.inline)
    expect((await stages.run(mapping, [numbered(0, 2), numbered(2, 3)])).main).toHaveLength(3)
  })

  it.each(KINDS.filter((kind) => kind !== 'inline'))('are refused when placed as %s', async (kind) => {
    const refused = { code: 'VOLLEY_UNSUPPORTED', message: expect.stringContaining(`cannot be placed as '${kind}'`) }
    await expect(stages.open(CLOSURE, PLACEMENTS[kind])).rejects.toMatchObject(refused)
    const handle: StageBody = {
      kind: 'function',
      function: stageFunction('double', 'record', { log: () => {} }),
      schema: null,
    }
    await expect(stages.open(handle, PLACEMENTS[kind])).rejects.toMatchObject(refused)
    const maps = frameBody((input) => input.mapRows(({ id }) => ({ id }), { schema: { id: 'int64' } }))
    await expect(stages.open(maps, PLACEMENTS[kind])).rejects.toMatchObject(refused)
  })

  it('take inline where nothing else was asked for', () => {
    expect(placementFor(CLOSURE, null, THREADS)).toEqual({ kind: 'inline' })
    expect(placementFor(CLOSURE, THREADS, THREADS)).toBe(THREADS)
    expect(placementFor(functionBody('double'), null, THREADS)).toBe(THREADS)
  })
})
