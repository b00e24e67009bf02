/** What running by records is for: early results, endless inputs, failures that name their record, little memory. */

import { type Reject, RowStrategy } from '../../../../engine/strategies/row.js'
import { type Engine, type Frame, open, type ProfiledNode, VolleyError } from '../../../../index.js'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { duckdbRun } from '../../../support/parquet-files.js'
import { pipelineOf, rowsByRecord } from '../../../support/row-run.js'
import { expectNoLeak, failure, modulePath, Scene } from '../../../support/scene.js'

const scene = Scene.forFile({ threads: 1, strategy: 'row' })
const path = scene.path('numbers.parquet')
const ROWS = 30_000

beforeAll(async () => {
  await duckdbRun(
    `copy (select i, (i % 7)::integer as k, case when i % 10000 = 4321 then 'x' else i::varchar end as text
      from range(${ROWS}) t(i)) to '${path}' (row_group_size 4096)`,
  )
})

const numbers = () => scene.engine.scanParquet(path)
const SCHEMA = { i: 'int64', text: 'utf8' }

/** Records that come when they are pushed, and never end. */
class Feed implements AsyncIterable<unknown> {
  private readonly waiting: ((result: IteratorResult<unknown>) => void)[] = []
  private readonly ready: unknown[] = []
  pulled = 0
  returned = false

  push(...records: unknown[]): void {
    for (const record of records) {
      const taker = this.waiting.shift()
      if (taker === undefined) this.ready.push(record)
      else taker({ done: false, value: record })
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return {
      next: () => {
        this.pulled++
        const record = this.ready.shift()
        if (record !== undefined) return Promise.resolve({ done: false, value: record })
        return new Promise((resolve) => this.waiting.push(resolve))
      },
      return: () => {
        this.returned = true
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }
}

async function* endless(): AsyncGenerator<{ i: bigint; text: string }> {
  for (let i = 0n; ; i++) yield { i, text: String(i % 10n) }
}

async function rowsOf(frame: Frame): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const row of frame.rows()) rows.push(row)
  return rows
}

describe('an input that does not end', () => {
  it('gives each record as soon as it has come', async () => {
    const feed = new Feed()
    const frame = scene.engine.fromRecords(feed, SCHEMA).filter('i % 2 = 1').select('i * 10 as ten', 'text')
    const rows = frame.rows()[Symbol.asyncIterator]()
    for (let i = 0n; i < 5n; i++) {
      const next = rows.next()
      feed.push({ i: i * 2n, text: 'even' }, { i: i * 2n + 1n, text: `odd ${i}` })
      expect((await next).value).toEqual({ ten: (i * 2n + 1n) * 10n, text: `odd ${i}` })
    }
    await rows.return?.()
    expect(feed.returned).toBe(true)
  })

  it('is read no further than the limit needs', async () => {
    const feed = new Feed()
    feed.push(...Array.from({ length: 100 }, (_, i) => ({ i: BigInt(i), text: 'x' })))
    const rows = await rowsOf(scene.engine.fromRecords(feed, SCHEMA).filter('i >= 90').limit(3))
    expect(rows.map((row) => row.i)).toEqual([90n, 91n, 92n])
    expect(feed.returned).toBe(true)
  })

  it('goes through functions, joins and unions', async () => {
    const right = scene.engine.fromRecords([{ text: '3', name: 'three' }], { text: 'utf8', name: 'utf8' })
    const frame = scene.engine
      .fromRecords(endless(), SCHEMA)
      .join(right, { on: 'text' })
      .mapRows((row) => ({ i: row.i, text: `${row.name}!` }), { schema: SCHEMA })
      .union(scene.engine.fromRecords([{ i: 0n, text: 'never' }], SCHEMA))
      .limit(3)
    expect(await rowsOf(frame)).toEqual([3n, 13n, 23n].map((i) => ({ i, text: 'three!' })))
  })

  it('can be cut and then sorted or aggregated', async () => {
    const first = scene.engine.fromRecords(endless(), SCHEMA).limit(25)
    const sorted = await rowsOf(first.sort({ by: 'i', descending: true }).limit(2))
    expect(sorted.map((row) => row.i)).toEqual([24n, 23n])
  })

  it('ends when the run is aborted', async () => {
    const controller = new AbortController()
    const waiting = failure(() => scene.engine.fromRecords(new Feed(), SCHEMA).count({ signal: controller.signal }))
    const running = failure(() => scene.engine.fromRecords(endless(), SCHEMA).count({ signal: controller.signal }))
    setTimeout(() => controller.abort(), 30)
    expect([(await waiting).code, (await running).code]).toEqual(['VOLLEY_ABORTED', 'VOLLEY_ABORTED'])
  })
})

describe('what needs all of an input that may not end', () => {
  const unbounded = () => scene.engine.fromRecords(endless(), SCHEMA)
  const reasonOf = async (frame: Frame) => {
    const answer = RowStrategy.supports(await pipelineOf(frame))
    return answer === true ? null : answer.reason
  }

  it('is refused with the reason', async () => {
    expect(await reasonOf(unbounded().sort('i'))).toBe('a full sort needs all of an unbounded input')
    expect(await reasonOf(unbounded().withColumns({ n: 'row_number() over (order by i)' }))).toMatch(/window/)
    expect(await reasonOf(numbers().join(unbounded(), { on: 'i', how: 'left' }))).toMatch(/right side/)
    expect(await reasonOf(unbounded().groupBy('text').agg({ m: 'median(i)' }))).toMatch(/median keeps all values/)
    expect(await reasonOf(unbounded().union(unbounded().sort('i')))).toMatch(/full sort/)
  })

  it('is not refused where a part is enough', async () => {
    for (const frame of [
      unbounded().sort('i').limit(5),
      unbounded().limit(5).sort('i'),
      unbounded().groupBy('text').agg({ n: 'count(*)' }).sort('text'),
      unbounded().distinct('text'),
      unbounded().join(numbers(), { on: 'i', how: 'left' }),
      numbers().sort('i'),
    ]) {
      expect(await reasonOf(frame)).toBeNull()
    }
  })
})

describe('a record that fails', () => {
  it('is named with its file, row group and row', async () => {
    const error = await failure(() => numbers().filter('k > 0').select('i', 'text::integer as n').collect())
    expect(error.code).toBe('VOLLEY_CAST')
    expect(error.message).toContain(`at row 4321 of ${path}`)
    expect(error.details).toMatchObject({ path, rowGroup: 1, row: 4321, step: 'project' })
  })

  it('is named behind a join and in a function too', async () => {
    const few = scene.engine.fromRecords([{ k: 2 }], { k: 'int32' })
    const joined = await failure(() => numbers().join(few, { on: 'k' }).select('text::integer as n').collect())
    expect(joined.details).toMatchObject({ path, rowGroup: 1, row: 4321 })
    const call = (row: Record<string, unknown>) => {
      if (row.text === 'x') throw new Error('no x')
      return row
    }
    const mapped = await failure(() => numbers().filter('i > 5').mapRows(call, { schema: SCHEMA }).collect())
    expect(mapped.message).toContain(`failed at row 4321 of ${path}: no x`)
    expect(mapped.details).toMatchObject({ path, rowGroup: 1, row: 4321, step: 'map' })
  })

  it('is handed to the reject hook and left out', async () => {
    const rejects: (Omit<Reject, 'record'> & { record: string })[] = []
    const onReject = (reject: Reject) => rejects.push({ ...reject, record: reject.record() })
    const rows = await rowsByRecord(numbers().filter('i % 2 = 1').select('i', 'text::integer as n'), { onReject })
    expect(rows.length).toBe(ROWS / 2 - 3)
    expect(rejects.map(({ row, rowGroup }) => [row, rowGroup])).toEqual([
      [4321, 1],
      [14321, 3],
      [24321, 5],
    ])
    expect(rejects[0]).toMatchObject({ path, step: 'project', record: '{"i":4321,"text":"x"}' })
    expect(rejects[0].error).toBeInstanceOf(VolleyError)
    expect(rejects[0].error.code).toBe('VOLLEY_CAST')
  })

  it('is handed over by filters, functions and malformed results as well', async () => {
    const steps: string[] = []
    const onReject = ({ step, row }: Reject) => steps.push(`${step} ${row}`)
    await rowsByRecord(numbers().filter('i = 2 or text::integer >= 0').limit(4500), { onReject })
    const call = (row: Record<string, unknown>) => {
      if (row.i === 3n) throw new Error('three')
      return row.i === 4n ? { i: 'four' } : row
    }
    const mapped = numbers().limit(10).mapRows(call, { schema: SCHEMA })
    expect((await rowsByRecord(mapped, { onReject })).length).toBe(8)
    expect(steps).toEqual(['filter 4321', 'map 3', 'map 4'])
  })
})

describe('functions', () => {
  it('of modules are called with records and with batches', async () => {
    const identity = { module: modulePath('faulty.mjs'), function: 'identity' }
    const filtered = numbers().select('i', 'text').filter('i % 1000 = 7')
    const expected = await rowsOf(filtered)
    expect(expected.length).toBe(30)
    expect(await rowsOf(filtered.mapRows(identity, { schema: SCHEMA }))).toEqual(expected)
    expect(await rowsOf(filtered.mapBatches(identity, { schema: SCHEMA }))).toEqual(expected)
  })

  it('that make us wait hand on what they have returned', async () => {
    let release = () => {}
    const call = (row: Record<string, unknown>) =>
      row.i === 2n ? new Promise<Record<string, unknown>>((resolve) => (release = () => resolve(row))) : row
    const rows = numbers().mapRows(call, { schema: SCHEMA }).rows()[Symbol.asyncIterator]()
    expect((await rows.next()).value?.i).toBe(0n)
    expect((await rows.next()).value?.i).toBe(1n)
    const third = rows.next()
    release()
    expect((await third).value?.i).toBe(2n)
    await rows.return?.()
  })
})

it('measures the nodes of a plan as bulk does', async () => {
  const few = scene.engine.fromRecords([{ k: 2 }, { k: 3 }], { k: 'int32' })
  const frame = numbers().filter('i % 3 = 1').withColumns({ x: 'i * 2' }).join(few, { on: 'k' }).sort('x').limit(9)
  const counts = (node: ProfiledNode): unknown[] => [
    node.operator,
    ...node.metrics.map(({ rowsIn, rowsOut }) => ({ rowsIn, rowsOut })),
    ...node.inputs.map(counts),
  ]
  const [row, bulk] = [await frame.profile(), await frame.profile({ strategy: 'bulk' })]
  expect(row.plan.metrics[0].strategy).toBe('row')
  expect(counts(row.plan)).toEqual(counts(bulk.plan))
})

it('frees all that it used', async () => {
  const other = await open({ threads: 1, strategy: 'row' })
  const table = () => other.scanParquet(path)
  const drop = async (frame: Frame) => {
    for await (const _ of frame.rows()) break
  }
  const works: Record<string, (engine: Engine) => Promise<unknown>> = {
    filter: () => table().filter('k = 3').withColumns({ x: 'i * 2' }).collect(),
    'early end': () => drop(table().filter('k = 3')),
    join: () => table().join(table(), { on: 'i', how: 'full' }).count(),
    'left join': () => drop(table().join(table().rename({ text: 't', k: 'l' }), { on: 'i', how: 'left' })),
    aggregate: () => table().groupBy('text').agg({ n: 'count(*)' }).collect(),
    sort: () => drop(table().sort('text')),
    window: () => table().withColumns({ n: 'row_number() over (partition by k order by i)' }).collect(),
    failure: () => failure(() => table().select('text::integer').collect()),
    map: () =>
      table()
        .mapRows((row) => row, { schema: SCHEMA })
        .collect(),
  }
  await expectNoLeak(other, Object.fromEntries(Object.entries(works).map(([name, work]) => [name, () => work(other)])))
  await other.close()
})
