import { open } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectNoLeak, failure, resultsDropped, Scene } from '../../support/scene.js'
import { openWithSharedMemory } from '../../support/small-memory.js'

const scene = Scene.forFile({ threads: 2, strategy: 'bulk' }, (options) => openWithSharedMemory(22e6, options))
const input = scene.path('input.parquet')
const table = () => scene.engine.scanParquet(input)

beforeAll(async () => {
  await duckdbRun(`copy (select i, md5(i::varchar) as text, md5((i + 1)::varchar) as other from range(320000) t(i))
    to '${input}' (row_group_size 10240)`)
})

/** Each needs more than there is: all rows at once. */
const runs: Record<string, () => Promise<unknown>> = {
  collect: () => table().collect(),
  aggregate: () => table().groupBy('text').agg({ n: 'count(*)', m: 'max(other)' }).collect(),
  window: () => table().withColumns({ n: 'row_number() over (order by text)' }).sinkCsv(scene.path('out.csv')),
  closure: () =>
    table()
      .sort('i')
      .mapBatches((batch) => batch, { schema: { i: 'int64', text: 'utf8', other: 'utf8' } })
      .count(),
  'table in memory': () =>
    scene.engine
      .fromRecords(Array.from({ length: 60_000 }, (_, i) => ({ i, text: `${i}`.repeat(50) })))
      .sort('text')
      .collect(),
}

describe('a run that needs more memory than it may have', () => {
  it.each(Object.keys(runs))('fails, and another works: %s', async (name) => {
    const error = await scene.fails('VOLLEY_MEMORY_LIMIT', runs[name])
    expect(error.message).toMatch(
      /^cannot allocate [\d.]+ [KM]B: [\d.]+ MB of 22.0 MB of shared memory are in use \(.+\) under a memory limit of [\d.]+ GB; /,
    )
    const { requested, used, operators, smallestLimitBytes } = error.details
    expect([requested, used, smallestLimitBytes]).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)])
    const held = operators as { label: string; bytes: number }[]
    expect(held.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(used)
  })

  it('leaves no block behind', async () => {
    const failing = Object.entries(runs).map(([name, run]) => [name, () => failure(run)] as const)
    await expectNoLeak(scene.engine, Object.fromEntries(failing))
  })

  it('does not stop what fits: rows that only pass through', async () => {
    const out = scene.path('through.parquet')
    expect((await table().filter('i % 2 = 0').sinkParquet(out, { rowGroupSize: 10_240 })).rowsOut).toBe(160_000)
    let rows = 0
    for await (const batch of table().stream()) rows += batch.numRows
    expect(rows).toBe(320_000)
    expect(await table().count()).toBe(320_000)
  })

  it('does not count results that were dropped', async () => {
    for (let i = 0; i < 12; i++) expect((await table().limit(60_000).select('text').collect()).numRows).toBe(60_000)
    await resultsDropped(scene.engine)
  })

  it('is refused a limit that makes no sense', async () => {
    await expect(open({ memoryLimit: '1MB' })).rejects.toMatchObject({ code: 'VOLLEY_INVALID_ARGUMENT' })
    await expect(open({ memoryLimit: 'much' })).rejects.toMatchObject({ code: 'VOLLEY_INVALID_ARGUMENT' })
  })
})
