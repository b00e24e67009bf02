/** Profiles of runs: the rows of every node exactly, the same shape always. */

import { tableFromArrays } from 'apache-arrow'
import { type Frame, type NodeMetrics, open, type ProfiledNode } from '../../../index.js'
import { describe, expect, it } from '../../support/jest.js'
import { modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile()

const ROWS = 100_000
const ids = Int32Array.from({ length: ROWS }, (_, i) => i)
const keys = ids.map((id) => id % 50)
const table = tableFromArrays({ id: ids, key: keys })
const small = tableFromArrays({ key: Int32Array.from({ length: 60 }, (_, i) => i + 10), size: new Float64Array(60) })

function numbers(): Frame {
  return scene.engine.fromArrow(table)
}

function sizes(): Frame {
  return scene.engine.fromArrow(small)
}

function nodesOf(node: ProfiledNode): readonly ProfiledNode[] {
  return [node, ...node.inputs.flatMap(nodesOf)]
}

/** `operator: in -> out` of each node in preorder. */
async function rowsOf(frame: Frame): Promise<string[]> {
  const { plan } = await frame.profile()
  return nodesOf(plan).map(({ operator, metrics }) => {
    const total = (field: 'rowsIn' | 'rowsOut') => metrics.reduce((sum, one) => sum + one[field], 0)
    return `${operator}: ${total('rowsIn')} -> ${total('rowsOut')}`
  })
}

describe('a profile counts the rows of', () => {
  it('filters and projections', async () => {
    expect(await rowsOf(numbers().filter('id < 30000').select('id + key as both'))).toEqual([
      'project: 30000 -> 30000',
      'filter: 100000 -> 30000',
      'scan: 100000 -> 100000',
    ])
  })

  it('aggregations, top-k sorts and limits', async () => {
    const frame = numbers().filter('key < 40').groupBy('key').agg({ total: 'sum(id)' }).sort('total').limit(7)
    expect(await rowsOf(frame)).toEqual([
      'limit: 7 -> 7',
      'sort: 40 -> 7',
      'aggregate: 80000 -> 40',
      'filter: 100000 -> 80000',
      'scan: 100000 -> 100000',
    ])
  })

  it('full sorts and windows', async () => {
    const ranked = scene.engine.sql(
      'select id, rank() over (partition by key order by id) as place from numbers order by place, id',
      { numbers: numbers() },
    )
    const rows = await rowsOf(ranked)
    expect(rows.filter((row) => row.startsWith('sort') || row.startsWith('window'))).toEqual([
      'sort: 100000 -> 100000',
      'window: 100000 -> 100000',
    ])
  })

  it('distincts of some columns, which are two pieces', async () => {
    expect(await rowsOf(numbers().distinct('key'))).toEqual(['distinct: 100000 -> 50', 'scan: 100000 -> 100000'])
  })

  it.each([
    ['inner', 80_000],
    ['left', 100_000],
    ['right', 80_020],
    ['full', 100_020],
    ['semi', 80_000],
    ['anti', 20_000],
  ] as const)('%s joins, with the rows of both sides as input', async (how, joined) => {
    const rows = await rowsOf(numbers().join(sizes(), { on: 'key', how }))
    expect(rows.find((row) => row.startsWith('join'))).toBe(`join: 100060 -> ${joined}`)
    expect(rows.filter((row) => row.startsWith('scan')).sort()).toEqual(['scan: 100000 -> 100000', 'scan: 60 -> 60'])
  })

  it('unions and functions, in workers and here', async () => {
    const both = sizes().select('key').union(numbers().filter('id < 10').select('key'))
    const row = both.mapRows(
      function keep(row) {
        return [row, row]
      },
      { schema: { key: 'int32' } },
    )
    const mapped = row.mapRows({ module: modulePath('faulty.mjs'), function: 'identity' }, { schema: { key: 'int32' } })
    expect((await rowsOf(mapped)).slice(0, 3)).toEqual(['map: 140 -> 140', 'map: 70 -> 140', 'union: 70 -> 70'])
  })

  it('plans in which a frame occurs twice, for each place', async () => {
    const shared = numbers().filter('id < 1000')
    const rows = await rowsOf(shared.join(shared.select('id', 'key as other'), { on: 'id' }))
    expect(rows.filter((one) => one.startsWith('filter'))).toEqual(['filter: 100000 -> 1000', 'filter: 100000 -> 1000'])
  })
})

describe('a profile', () => {
  const frame = () => numbers().filter('id % 2 = 0').groupBy('key').agg({ total: 'sum(id)' }).sort('total')

  it('tells plausible times, bytes and batches of every node', async () => {
    const { plan, report } = await frame().profile()
    const metrics = nodesOf(plan).flatMap((node) => node.metrics)
    expect(metrics).toHaveLength(nodesOf(plan).length)
    const sum = (field: 'timeMs' | 'cpuMs', of = metrics) => of.reduce((total, one) => total + one[field], 0)
    expect(sum('timeMs')).toBeGreaterThan(0)
    // The system counts the time of a thread in ticks of some milliseconds: a single run may end before the first.
    let cpuMs = sum('cpuMs')
    for (let i = 0; i < 50 && cpuMs === 0; i++) {
      const again = await frame().profile()
      cpuMs += sum(
        'cpuMs',
        nodesOf(again.plan).flatMap((node) => node.metrics),
      )
    }
    expect(cpuMs).toBeGreaterThan(0)
    // No thread can have been busy for longer than the run took.
    expect(sum('timeMs')).toBeLessThan(report.durationMs * (scene.engine.threads + 1))
    for (const one of metrics) {
      expect(Object.values(one).every((value) => typeof value === 'string' || value >= 0)).toBe(true)
      expect(one).toMatchObject({ strategy: 'bulk', retries: 0, spilledBytes: 0 })
      expect(Math.min(one.bytesOut, one.batches, one.peakBytes)).toBeGreaterThan(0)
    }
    const filter = metrics.find((one) => one.label.startsWith('filter')) as NodeMetrics
    expect(filter.bytesOut).toBe(filter.bytesIn / 2)
  })

  it('has the report of the run, whose rows are dropped', async () => {
    const { report } = await frame().profile()
    expect(report).toMatchObject({ rowsIn: ROWS, rowsOut: 25, bytesWritten: 0 })
    expect(report.strategies.map(({ name }) => name)).toEqual(['bulk'])
  })

  it('counts the bytes of files that a scan reads', async () => {
    const path = scene.path('numbers.parquet')
    await numbers().sinkParquet(path)
    const { plan, report } = await scene.engine.scanParquet(path).select('id').profile()
    const scan = nodesOf(plan).find((node) => node.operator === 'scan')?.metrics[0] as NodeMetrics
    expect(scan).toMatchObject({ rowsIn: ROWS, rowsOut: ROWS, bytesIn: report.bytesRead, bytesOut: ROWS * 4 })
    expect(report.bytesRead).toBeGreaterThan(0)
  })

  it('is text with a line a node, and JSON', async () => {
    const profile = await frame().profile()
    const lines = String(profile).trimEnd().split('\n')
    expect(lines).toHaveLength(2 + nodesOf(profile.plan).length)
    expect(lines[2]).toMatch(/^sort by total {2,}25 -> 25 rows {2}.* busy {2}.* cpu {2}.* wait/)
    expect(JSON.parse(JSON.stringify(profile))).toEqual({ report: profile.report, plan: profile.plan })
  })

  it('leaves nothing in memory behind, and fails as a run does', async () => {
    const engine = await open({ threads: 1 })
    try {
      const failing = engine.fromArrow(table).select('cast(id as tinyint) as narrow')
      await failing.profile().then(
        () => expect('a value that does not fit').toBe('refused'),
        (error) => expect(error.code).toBe('VOLLEY_CAST'),
      )
      const input = engine.fromArrow(table)
      await input.select('id + 1 as next').profile()
      const { usedBytes } = engine.memoryUsage()
      await input.select('id + 1 as next').profile()
      expect(engine.memoryUsage().usedBytes).toBeLessThanOrEqual(usedBytes)
    } finally {
      await engine.close()
    }
  })
})

it('a plan that DuckDB runs as a whole is measured at its root', async () => {
  const path = scene.path('pushed.parquet')
  await numbers().sinkParquet(path)
  const frame = scene.engine.scanParquet(path).filter('id < 30000').groupBy('key').agg({ n: 'count(*)' })
  const profile = await frame.profile({ strategy: 'bigdata' })
  const [root, ...others] = nodesOf(profile.plan)
  expect(root.metrics).toEqual([expect.objectContaining({ strategy: 'bigdata', rowsIn: ROWS, rowsOut: 50 })])
  expect(root.metrics[0].timeMs).toBeGreaterThan(0)
  expect(others.map(({ metrics }) => metrics)).toEqual(others.map(() => []))
})
