import { type Engine, open } from '../../../index.js'
import { afterEach, beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectWorks, failure, modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 1 })
const input = scene.path('input.parquet')
const schema = { i: 'int64', text: 'utf8' }

beforeAll(async () => {
  await duckdbRun(`copy (select i, md5(i::varchar) as text from range(60000) t(i)) to '${input}' (row_group_size 4096)`)
})

const opened: Engine[] = []

async function engine(): Promise<Engine> {
  const one = await open({ threads: 2 })
  opened.push(one)
  return one
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const faulty = (name: string) => ({ module: modulePath('faulty.mjs'), function: name })

describe('closing an engine', () => {
  it('twice, or twice at the same time, is closing it once', async () => {
    const one = await engine()
    await expectWorks(one)
    await Promise.all([one.close(), one.close()])
    await one.close()
    await (await engine()).close()
  })

  it('makes everything else fail with VOLLEY_CLOSED', async () => {
    const one = await engine()
    const table = one.scanParquet(input)
    await one.close()
    const out = scene.path('out.parquet')
    const uses = [
      () => table.collect(),
      () => table.count(),
      () => table.schema(),
      () => table.explain(),
      () => table.sinkParquet(out),
      () => one.sql(`select 1 as one`).collect(),
      async () => {
        for await (const _ of table.stream()) break
      },
      async () => {
        for await (const _ of table.rows()) break
      },
    ]
    for (const use of uses) expect((await failure(use)).code).toBe('VOLLEY_CLOSED')
    expect(scene.files()).toEqual(['input.parquet'])
  })

  it.each([0, 2, 15])('ends what runs, and leaves no file: after %d ms', async (milliseconds) => {
    const one = await engine()
    await expectWorks(one)
    const table = one.scanParquet(input)
    const runs = [
      table.sort('text').collect(),
      table.groupBy('text').agg({ n: 'count(*)' }).collect(),
      table.union(table, table, table).sinkParquet(scene.path('o.parquet'), { overwrite: true, rowGroupSize: 4096 }),
      table.union(table, table, table).sinkCsv(scene.path('o.csv'), { overwrite: true }),
      table.mapRows((row) => row, { schema }).count(),
      table.mapBatches(faulty('neverSettles'), { schema }).collect(),
      table.mapBatches(() => new Promise<never>(() => {}), { schema }).collect(),
      table.schema(),
    ]
    const settled = Promise.allSettled(runs)
    await wait(milliseconds)
    await one.close()
    // The outputs that were not finished are gone by then, not some time later.
    expect(scene.files().filter((name) => name.includes('volley-tmp'))).toEqual([])
    for (const run of await settled) {
      if (run.status === 'rejected') expect(run.reason).toMatchObject({ code: 'VOLLEY_CLOSED' })
    }
  })

  it('ends a call that never returns', async () => {
    const one = await engine()
    const stuck = failure(() => one.scanParquet(input).mapBatches(faulty('neverReturns'), { schema }).collect())
    await wait(500)
    // It would wait for ever if it waited for the call.
    await one.close()
    expect((await stuck).code).toBe('VOLLEY_CLOSED')
  })

  it('ends results that are half read, but not what was read of them', async () => {
    const one = await engine()
    const table = one.scanParquet(input)
    const batches = table.stream()[Symbol.asyncIterator]()
    const rows = table.rows()[Symbol.asyncIterator]()
    const first = await batches.next()
    await rows.next()
    await one.close()
    expect((await failure(() => batches.next())).code).toBe('VOLLEY_CLOSED')
    expect((await batches.next()).done).toBe(true)
    const readOn = async () => {
      for (;;) if ((await rows.next()).done) return
    }
    expect((await failure(readOn)).code).toBe('VOLLEY_CLOSED')
    const texts = first.value.getChild('i')
    expect([texts.get(0), texts.get(4095)]).toEqual([0n, 4095n])
  })

  it('happens at the end of a block that uses it', async () => {
    const kept: Engine[] = []
    {
      await using one = await open({ threads: 1 })
      await expectWorks(one)
      kept.push(one)
    }
    expect((await failure(() => kept[0].scanParquet(input).count())).code).toBe('VOLLEY_CLOSED')
  })
})

describe('two engines in one process', () => {
  it('work at the same time, and each without the other', async () => {
    const [one, other] = [await engine(), await engine()]
    const count = (of: Engine) => of.scanParquet(input).filter('i % 3 = 0').count()
    expect(await Promise.all([count(one), count(other), count(one), count(other)])).toEqual(Array(4).fill(20_000))
    const sorted = other.scanParquet(input).sort('text').collect()
    await one.close()
    expect((await sorted).numRows).toBe(60_000)
    await expectWorks(other)
  })

  it('do not take frames of each other', async () => {
    const [one, other] = [await engine(), await engine()]
    const [left, right] = [one.scanParquet(input), other.scanParquet(input)]
    expect((await failure(async () => left.union(right))).code).toBe('VOLLEY_INVALID_ARGUMENT')
    expect((await failure(async () => left.join(right, { on: 'i' }))).code).toBe('VOLLEY_INVALID_ARGUMENT')
    expect((await failure(async () => one.sql('select * from t', { t: right }))).code).toBe('VOLLEY_INVALID_ARGUMENT')
  })

  it('take results of each other', async () => {
    const [one, other] = [await engine(), await engine()]
    const table = await one.scanParquet(input).filter('i < 10').collect()
    await one.close()
    expect(await other.fromArrow(table).filter('i > 4').count()).toBe(5)
  })
})
