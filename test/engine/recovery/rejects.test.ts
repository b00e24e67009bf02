import type { RecordBatch } from 'apache-arrow'
import { Component, type Frame, type RunOptions, type RunReport, type VolleyError } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectNoLeak, failure, modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const path = scene.path('mixed.parquet')
const ROWS = 12_000
const GROUP_ROWS = 2048
/** Every row of these is not a number. */
const EVERY = 1500

beforeAll(async () => {
  await duckdbRun(`copy (
    select i as id, i % 10 as k, case when i % ${EVERY} = 7 then 'x' || i else i::varchar end as text
    from range(${ROWS}) t(i)
  ) to '${path}' (row_group_size ${GROUP_ROWS})`)
})

const STRATEGIES = ['row', 'bulk', 'bigdata'] as const
const BAD = Array.from({ length: ROWS / EVERY }, (_, i) => i * EVERY + 7)

interface Rejected {
  readonly record: string
  readonly path: string | null
  readonly row_group: number | null
  readonly row: bigint | null
  readonly step: string
  readonly code: string
  readonly message: string
}

const table = () => scene.engine.scanParquet(path)

/** Rows of a frame and what was rejected on the way. */
async function collected(
  frame: Frame,
  run: RunOptions,
): Promise<{ readonly rows: Record<string, unknown>[]; readonly rejects: Rejected[] }> {
  const rejects: Rejected[] = []
  const take = (batch: RecordBatch) => {
    for (const row of batch) rejects.push(row.toJSON() as Rejected)
  }
  const rows: Record<string, unknown>[] = []
  for await (const row of frame.rows({ ...run, rejects: take })) rows.push(row)
  return { rows, rejects }
}

function placeOf(row: number): Pick<Rejected, 'path' | 'row_group' | 'row'> {
  return { path, row_group: Math.floor(row / GROUP_ROWS), row: BigInt(row) }
}

/** Plans that fail for the bad records, each in another step. */
function failingPlans(): Record<string, { readonly step: string; readonly of: (input: Frame) => Frame }> {
  const few = scene.engine.fromRecords(
    Array.from({ length: 50 }, (_, i) => ({ n: i * 100, name: `n${i}` })),
    { n: 'int32', name: 'utf8' },
  )
  const number = 'text::integer'
  return {
    filter: { step: 'filter', of: (input) => input.filter(`${number} % 2 = 0`).select('id') },
    sort: { step: 'sort', of: (input) => input.sort(number).select('id') },
    'top-k': { step: 'sort', of: (input) => input.sort({ by: number, descending: true }).limit(20).select('id') },
    join: { step: 'join', of: (input) => input.join(few, { leftOn: [number], rightOn: ['n'] }).select('id', 'name') },
    build: {
      step: 'join',
      of: (input) => few.join(input, { leftOn: ['n'], rightOn: [number] }).select('id', 'name'),
    },
    full: {
      step: 'join',
      of: (input) => few.join(input, { leftOn: ['n'], rightOn: [number], how: 'full' }).select('id', 'name'),
    },
    window: {
      step: 'window',
      of: (input) => input.withColumns({ s: `sum(${number}) over (partition by k order by id)` }).select('id', 's'),
    },
    aggregate: {
      step: 'aggregate',
      of: (input) => input.groupBy('k').agg({ s: `sum(${number})`, n: 'count(*)', first: `first(${number})` }),
    },
    conditional: {
      step: 'aggregate',
      of: (input) => input.groupBy('k').agg({ s: `sum(id) filter (where ${number} > 100)` }),
    },
    key: { step: 'aggregate', of: (input) => input.groupBy(`${number} % 7 as m`).agg({ n: 'count(*)' }) },
    distinct: { step: 'project', of: (input) => input.select(`${number} % 3 as m`).distinct() },
  }
}

const good = () => table().filter('try_cast(text as integer) is not null')

describe.each(STRATEGIES)('rejected records under %s', (strategy) => {
  const run = { strategy }

  it('are left out and told of, in order', async () => {
    const { rows, rejects } = await collected(table().select('id', 'text::integer as n'), run)
    expect(rows.map((row) => row.id)).toEqual(
      Array.from({ length: ROWS }, (_, i) => BigInt(i)).filter((id) => !BAD.includes(Number(id))),
    )
    expect(rejects).toEqual(
      BAD.map((row) => ({
        record: `{"id":${row},"text":"x${row}"}`,
        ...placeOf(row),
        step: 'project: CAST(text AS INTEGER)',
        code: 'VOLLEY_CAST',
        message: expect.stringContaining(`x${row}`),
      })),
    )
  })

  it('of filters, sorts, joins, windows and aggregates are named by them', async () => {
    for (const [name, { step, of }] of Object.entries(failingPlans())) {
      const { rows, rejects } = await collected(of(table()), run)
      expect([name, rejects.map(({ row, row_group }) => [row, row_group])]).toEqual([
        name,
        BAD.map((row) => [BigInt(row), Math.floor(row / GROUP_ROWS)]),
      ])
      expect([name, ...new Set(rejects.map((rejected) => rejected.step.split(':')[0]))]).toEqual([name, step])
      expect([name, rows]).toEqual([name, await rowsOf(of(good()))])
    }
  })

  it('of functions are told with the function, and what does not fit its schema too', async () => {
    const schema = { id: 'int64', text: 'utf8' } as const
    for (const [name, code] of [
      ['refuses', 'VOLLEY_USER_FUNCTION'],
      ['misshapes', 'VOLLEY_BAD_RECORD'],
    ] as const) {
      const module = modulePath('flaky.mjs')
      const call = { module, function: name, kwargs: { every: EVERY } }
      const input = table().filter('id >= 100').select('id', 'text')
      const { rows, rejects } = await collected(input.mapRows(call, { schema }), run)
      const bad = Array.from({ length: ROWS / EVERY - 1 }, (_, i) => (i + 1) * EVERY)
      expect(rows.length).toBe(ROWS - 100 - bad.length)
      expect(rejects.map(({ message: _, ...rest }) => rest)).toEqual(
        bad.map((row) => ({
          record: `{"id":${row},"text":"${row}"}`,
          ...placeOf(row),
          step: `map: ${name} of ${module}`,
          code,
        })),
      )
    }
  })

  it('of functions in the main thread and of components are told by their place in the input', async () => {
    const refuse = (row: Record<string, unknown>) => {
      if (row.k === 3n) throw new RangeError('not three')
      return row
    }
    const schema = { id: 'int64', k: 'int64' } as const
    const mapped = await collected(table().limit(20).select('id', 'k').mapRows(refuse, { schema }), run)
    expect(mapped.rows.map((row) => row.id)).toEqual([...range(20)].filter((id) => id % 10 !== 3).map(BigInt))
    expect(mapped.rejects.map(({ record, row }) => [record, row])).toEqual([
      ['{"id":3,"k":3}', 3n],
      ['{"id":13,"k":3}', 13n],
    ])
    class Refusing extends Component {
      override readonly name = 'refusing'
      override readonly schema = schema
      override processRow(row: Record<string, unknown>, emit: (row: Record<string, unknown>) => void) {
        emit({ id: -1n, k: row.k })
        return row.k === 4n ? { id: 'four' } : refuse(row)
      }
    }
    const { rows, rejects } = await collected(table().limit(6).select('id', 'k').apply(new Refusing()), run)
    expect(rows.map((row) => row.id)).toEqual([-1n, 0n, -1n, 1n, -1n, 2n, -1n, 5n])
    expect(rejects.map(({ record, row, path: file, step, code }) => [record, row, file, step, code])).toEqual([
      ['{"id":3,"k":3}', 3n, null, 'processRow: refusing', 'VOLLEY_USER_FUNCTION'],
      ['{"id":4,"k":4}', 4n, null, 'processRow: refusing', 'VOLLEY_BAD_RECORD'],
    ])
  })

  it('are counted, and too many of them end the run', async () => {
    const frame = table().select('id', 'text::integer as n')
    const target = scene.path(`${strategy}.parquet`)
    const report: RunReport = await frame.sinkParquet(target, {}, { ...run, rejects: () => {}, maxRejects: BAD.length })
    expect([report.rejected, report.rowsOut, report.retries]).toEqual([BAD.length, ROWS - BAD.length, 0])
    const seen: unknown[] = []
    const limited = { ...run, rejects: (batch: RecordBatch) => void seen.push(...batch), maxRejects: 3 }
    const error = await scene.fails('VOLLEY_TOO_MANY_REJECTS', () => frame.collect(limited))
    expect(seen.length).toBe(3)
    expect(error.details).toMatchObject({ maxRejects: 3, path, row: BAD[3] })
    expect((error.cause as VolleyError).code).toBe('VOLLEY_CAST')
  })

  it('go to the port rejects of the run as well', async () => {
    const records: unknown[] = []
    const rejects = (batch: RecordBatch, { component }: { readonly component: string }) => {
      for (const row of batch) records.push([component, row.toJSON().row])
    }
    await table()
      .select('text::integer as n')
      .collect({ ...run, ports: { rejects } })
    expect(records).toEqual(BAD.map((row) => ['', BigInt(row)]))
  })

  it('wait for who takes them, whose failure ends the run', async () => {
    let open = 0
    let most = 0
    const slow = async () => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 5))
      open--
    }
    const frame = table().select('text::integer as n')
    await frame.collect({ ...run, rejects: slow })
    expect([open, most]).toEqual([0, 1])
    const fails = () => {
      throw new RangeError('full')
    }
    const error = await scene.fails('VOLLEY_USER_FUNCTION', () => frame.collect({ ...run, rejects: fails }))
    expect(error.message).toContain('full')
  })

  it('end the run as ever without anybody who takes them', async () => {
    const error = await failure(() => table().select('text::integer as n').collect(run))
    expect(error.code).toBe('VOLLEY_CAST')
  })
})

it('are not collected for whole batches of a function', async () => {
  const throws = { module: modulePath('faulty.mjs'), function: 'throws' }
  const error = await scene.fails('VOLLEY_USER_FUNCTION', () =>
    table()
      .mapBatches(throws, { schema: { id: 'int64' } })
      .collect({ rejects: () => {} }),
  )
  expect(error.message).toContain('no luck')
})

it.each([0, 2])('are the same when a run in bulk switches at morsel %i', async (switchAtMorsel) => {
  const run = { strategy: 'bulk', switchAtMorsel } as const
  const text = (row: unknown) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
  const sorted = (rows: readonly unknown[]) => rows.map(text).sort()
  for (const [name, { of }] of Object.entries(failingPlans())) {
    const { rows, rejects } = await collected(of(table()), run)
    expect([name, rejects.map(({ row }) => Number(row))]).toEqual([name, BAD])
    expect([name, sorted(rows)]).toEqual([name, sorted(await rowsOf(of(good())))])
  }
})

it('keep DuckDB from running the whole plan, as explain says', async () => {
  const frame = table().select('text::integer as n')
  expect(await frame.explain({ strategy: 'bigdata' })).toContain('DuckDB runs the whole plan')
  expect(await frame.explain({ strategy: 'bigdata', rejects: true })).toContain(
    'what breakers cannot hold: records that cannot be processed are collected',
  )
})

it('leave nothing behind in memory', async () => {
  const run = { rejects: () => {} }
  await expectNoLeak(scene.engine, {
    project: () => table().select('text::integer as n').collect(run),
    aggregate: () => table().groupBy('k').agg({ s: 'sum(text::integer)' }).collect(run),
    'too many': () =>
      failure(() =>
        table()
          .groupBy('k')
          .agg({ s: 'sum(text::integer)' })
          .collect({ ...run, maxRejects: 1 }),
      ),
  })
})

describe('options', () => {
  it('are checked at once', async () => {
    const frame = table()
    const collect = (run: object) => () => frame.collect(run as RunOptions)
    const wrong: Record<string, object> = {
      'rejects is a function': { rejects: 'yes' },
      'maxRejects is a whole number': { rejects: () => {}, maxRejects: -1 },
      'maxRejects needs a function': { maxRejects: 4 },
    }
    for (const [message, run] of Object.entries(wrong)) {
      const error = await failure(async () => collect(run)())
      expect([error.code, error.message]).toEqual(['VOLLEY_INVALID_ARGUMENT', expect.stringContaining(message)])
    }
  })
})

function* range(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i
}

async function rowsOf(frame: Frame): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const row of frame.rows({ strategy: 'bulk' })) rows.push(row)
  return rows
}
