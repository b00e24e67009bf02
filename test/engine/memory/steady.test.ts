import { writeFileSync } from 'node:fs'
import * as arrow from 'apache-arrow'
import type { Engine, Frame } from '../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectNoLeak, failure, modulePath, resultsDropped, Scene } from '../../support/scene.js'
import { openWithSharedMemory } from '../../support/small-memory.js'

const BATCHES = 6000
const BATCH_ROWS = 64
const MEBIBYTE = 1 << 20
const schema = { i: 'int64', text: 'utf8' }
const identity = { module: modulePath('faulty.mjs'), function: 'identity' }

const scene = Scene.forFile()

describe('ten thousand batches', () => {
  const path = scene.path('many.arrow')
  let engine: Engine

  beforeAll(async () => {
    // 30 MB in all, which does not fit into the memory at once.
    const batch = new arrow.Table({
      i: arrow.makeVector(BigInt64Array.from({ length: BATCH_ROWS }, (_, i) => BigInt(i))),
      text: arrow.vectorFromArray(
        Array.from({ length: BATCH_ROWS }, (_, i) => `text of row ${i} and more`),
        new arrow.Utf8(),
      ),
    }).batches[0]
    writeFileSync(path, arrow.tableToIPC(new arrow.Table(Array<arrow.RecordBatch>(BATCHES).fill(batch)), 'file'))
    engine = openWithSharedMemory(20e6, { threads: 2 })
  })
  afterAll(() => engine.close())

  /** Here, so that the frame that ends takes the last batch with it. */
  async function follow(frame: Frame, observe: () => void): Promise<number> {
    let rows = 0
    let batches = 0
    for await (const batch of frame.stream()) {
      rows += batch.numRows
      if (++batches % 1000 === 0) observe()
    }
    expect(batches).toBe(BATCHES)
    return rows
  }

  it('keep shared memory and the process flat on their way through filters and functions in workers', async () => {
    const frame = engine.scanArrow(path).filter('i >= 0').mapBatches(identity, { schema })
    const used: number[] = []
    const resident: number[] = []
    const rows = await follow(frame, () => {
      used.push(engine.memoryUsage().usedBytes)
      resident.push(process.memoryUsage.rss())
    })
    expect(rows).toBe(BATCHES * BATCH_ROWS)
    expect(Math.max(...used)).toBeLessThan(14 * MEBIBYTE)
    expect((resident.at(-1) as number) - resident[1]).toBeLessThan(48 * MEBIBYTE)
    await resultsDropped(engine)
    expect(engine.memoryUsage().usedBytes).toBeLessThan(8 * MEBIBYTE)
  })
})

describe('nothing is left in shared memory', () => {
  const input = scene.path('input.parquet')
  const out = scene.path('out')
  const overwrite = true

  beforeAll(async () => {
    await duckdbRun(`copy (select i, i % 100 as k, if(i = 17000, 'x', i::varchar) as text from range(20000) t(i))
      to '${input}' (row_group_size 4096)`)
  })

  const table = () => scene.engine.scanParquet(input)
  const memory = Array.from({ length: 5000 }, (_, i) => ({ k: BigInt(i), name: `name ${i}` }))
  const mapped = { i: 'int64', k: 'int64', text: 'utf8' }

  const successes: Record<string, () => Promise<unknown>> = {
    scan: () => table().collect(),
    'filter and project': () => table().filter('k < 50').withColumns({ x: 'i * 2', u: 'upper(text)' }).collect(),
    sort: () => table().sort('text').collect(),
    'top-k': () => table().sort('text').limit(10, 5).collect(),
    aggregate: () => table().groupBy('text').agg({ n: 'count(*)', m: 'median(i)', d: 'count(distinct k)' }).collect(),
    'inner join': () => table().join(scene.engine.fromRecords(memory), { on: 'k' }).collect(),
    'right join': () => table().join(scene.engine.fromRecords(memory), { on: 'k', how: 'right' }).collect(),
    'full join': () => table().join(scene.engine.fromRecords(memory), { on: 'k', how: 'full' }).collect(),
    'cross join': () => table().limit(100).join(scene.engine.fromRecords(memory), { how: 'cross' }).count(),
    window: () => table().withColumns({ n: 'row_number() over (partition by k order by i)' }).collect(),
    distinct: () => table().distinct('k').collect(),
    union: () => table().union(table()).collect(),
    limit: () => table().limit(1000, 3000).collect(),
    'function in workers': () => table().mapBatches(identity, { schema: mapped }).collect(),
    closure: () =>
      table()
        .mapRows((row) => row, { schema: mapped })
        .collect(),
    sql: () => scene.engine.sql(`select k, count(*) as n from t group by k order by n`, { t: table() }).collect(),
    'table in memory': () => scene.engine.fromArrow(arrow.tableFromArrays({ x: new Float64Array(10_000) })).count(),
    rows: async () => {
      for await (const row of table().rows()) if (row.i === -1n) return
    },
    parquet: () => table().sinkParquet(`${out}.parquet`, { overwrite, rowGroupSize: 3000 }),
    'parquet by directories': () => table().sinkParquet(`${out}-k`, { overwrite, partitionBy: ['k'] }),
    arrow: () => table().sinkArrow(`${out}.arrow`, { overwrite }),
    csv: () => table().sinkCsv(`${out}.csv`, { overwrite }),
    ndjson: () => table().sinkNdjson(`${out}.ndjson`, { overwrite }),
    'arrow, read': () => scene.engine.scanArrow(`${out}.arrow`).filter('k = 1').collect(),
    'csv, read': () => scene.engine.scanCsv(`${out}.csv`).filter('k = 1').collect(),
    'ndjson, read': () => scene.engine.scanNdjson(`${out}.ndjson`).filter('k = 1').collect(),
  }

  it('after runs that succeed', async () => {
    await expectNoLeak(scene.engine, successes)
  })

  const failures: Record<string, () => Promise<unknown>> = {
    'in a projection': () => table().select('text::integer as x').collect(),
    'in a sort key': () => table().sort('text::integer').collect(),
    'in an aggregate': () => table().groupBy('k').agg({ x: 'max(text::integer)' }).collect(),
    'in a join key': () =>
      table().withColumns({ x: 'text::integer' }).join(scene.engine.fromRecords(memory), { on: 'k' }).collect(),
    'in the build side of a join': () =>
      scene.engine
        .fromRecords(memory)
        .join(table().withColumns({ x: 'text::integer' }), { on: 'k' })
        .collect(),
    'in a stream': async () => {
      for await (const _ of table().withColumns({ x: 'text::integer' }).stream());
    },
    'in a function': () =>
      table()
        .mapBatches({ ...identity, function: 'throws' }, { schema: mapped })
        .collect(),
    'in what a function returns': () =>
      table()
        .mapBatches({ ...identity, function: 'returnsUnequalColumns' }, { schema })
        .collect(),
    'of a worker': () =>
      table()
        .mapBatches({ ...identity, function: 'exits' }, { schema: mapped })
        .collect(),
    'of a sink': () => table().sinkParquet(scene.path('none/out.parquet')),
    'in the middle of a sink': () =>
      table().withColumns({ x: 'text::integer' }).sinkParquet(`${out}-2.parquet`, { rowGroupSize: 3000 }),
  }

  it('after runs that fail', async () => {
    const failing = Object.entries(failures).map(([name, run]) => [name, () => failure(run)] as const)
    await expectNoLeak(scene.engine, Object.fromEntries(failing))
  })
})
