/** Sorts in files: with so little memory that every morsel is a run, and that runs are merged several times. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Engine, Frame, RunOptions } from '../../../index.js'
import { VolleyError } from '../../../index.js'
import { everyType } from '../../support/every-type.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { Oracle } from '../../support/oracle.js'
import { eventually, expectNoLeak, modulePath } from '../../support/scene.js'
import { openWithBreakerBytes } from '../../support/small-memory.js'

/** Three runs or more of a table, of which two may be in memory while they are merged, or as many as there are. */
const TINY_BYTES = 4_096
const SMALL_BYTES = 400_000
const ROWS = 5_000
const FORCED: RunOptions = { strategy: 'bulk', switchAtMorsel: 0 }

const directory = mkdtempSync(join(tmpdir(), 'volley-external-sort-'))
const spill = join(directory, 'spill')
mkdirSync(spill)
const nested = `select id, (case when id % 11 = 0 then null else [small, i32] end) as list, {'a': small, 'b': text} as struct,
  map([coalesce(color, 'none')], [day]) as map, [{'x': text, 'y': [name]}] as deep from (${everyType(ROWS)})`
const wide = `select id, repeat('x', (id % 7 * 500)::integer) || (id % 97) as k, repeat(md5(id::varchar), 30) as payload
  from (${everyType(3000)})`

let oracle: Oracle
let tiny: Engine
let small: Engine
const paths: Record<string, string> = {}

beforeAll(async () => {
  oracle = await Oracle.open()
  tiny = openWithBreakerBytes(TINY_BYTES, { threads: 2, tempDirectory: spill })
  small = openWithBreakerBytes(SMALL_BYTES, { threads: 2, tempDirectory: spill })
  const tables = { t: everyType(ROWS), nested, wide, one: everyType(1), none: everyType(0) }
  for (const [name, sql] of Object.entries(tables)) {
    paths[name] = await oracle.parquet(name, sql)
    await oracle.run(`create table ${name} as from read_parquet('${paths[name]}')`)
  }
})

afterAll(async () => {
  await tiny.close()
  await small.close()
  oracle.close()
  const left = readdirSync(spill)
  rmSync(directory, { recursive: true })
  expect(left).toEqual([])
})

/** Expects a query, which sorts a table, to have the rows of DuckDB in order, though its sort went through files. */
async function expectRows(engine: Engine, table: string, sql: string, expected = sql): Promise<void> {
  await oracle.expect(expected, { ordered: true })
  const frame = engine.sql(sql, { [table]: engine.scanParquet(paths[table]) })
  const { difference, report } = await oracle.attempt({ frame, run: FORCED }, { ordered: true })
  expect({ sql, difference }).toEqual({ sql, difference: null })
  expect(report.strategies.map(({ name }) => name)).toEqual(['bulk', 'bigdata'])
  expect(spilledFiles()).toEqual([])
}

/** Expects the rows of a table in order, equal ones as they lie in it. */
function expectSorted(engine: Engine, table: string, order: string, columns = '*', limit = ''): Promise<void> {
  // Ordered by their places, as DuckDB takes the sign of 0 from keys.
  const places = `select id as i, row_number() over (order by ${order}, id) as place from ${table}`
  const expected = `select ${columns} from ${table} join (${places}) on id = i order by place ${limit}`
  const all = columns === '*' ? `select * exclude (i, place) from (${expected})` : expected
  return expectRows(engine, table, `select ${columns} from ${table} order by ${order} ${limit}`, all)
}

/** Files of sorts; DuckDB has its own directory. */
function spilledFiles(): string[] {
  return (readdirSync(spill, { recursive: true }) as string[]).filter((name) => /run-\d+$/.test(name))
}

const DIRECTIONS = ['asc nulls last', 'desc nulls first', 'asc nulls first', 'desc nulls last']
const COLUMNS =
  'flag i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 d9 d15 d38 text color bytes day moment clock zoned small ratio'.split(' ')

describe('a sort in files', () => {
  it.each(COLUMNS.map((column, index) => [column, DIRECTIONS[index % 4]]))(
    'orders by %s %s, stably',
    (column, order) => {
      const engine = COLUMNS.indexOf(column) % 3 === 0 ? tiny : small
      return expectSorted(engine, 't', `${column} ${order}`, `id, ${column}, name`)
    },
  )

  it('keeps nested columns', async () => {
    await expectSorted(small, 'nested', 'id % 97')
    await expectSorted(tiny, 'nested', 'id % 5', 'id, list, deep')
  })

  it('orders by several keys, of which some are computed', async () => {
    const key = fc.tuple(
      fc.constantFrom(...COLUMNS, 'length(text)', 'small % 5', 'lower(name)', '-d15', 'i32 is null'),
      fc.constantFrom(...DIRECTIONS),
    )
    const keys = fc.sample(fc.uniqueArray(key, { minLength: 2, maxLength: 4, selector: ([name]) => name }), {
      numRuns: 6,
      seed: 11,
    })
    for (const several of keys) await expectSorted(small, 't', several.map((one) => one.join(' ')).join(', '))
  })

  it('keeps the order of rows that are all equal', async () => {
    for (const engine of [tiny, small]) await expectSorted(engine, 't', 'id * 0', 'id, text')
  })

  it('takes rows that are wider than its batches', async () => {
    for (const engine of [tiny, small]) {
      await expectSorted(engine, 'wide', 'k', engine === tiny ? 'id, k' : '*')
    }
  })

  it('takes input that is sorted already, and the reverse', async () => {
    for (const order of ['asc', 'desc']) await expectRows(small, 't', `select * from t order by id ${order}`)
  })

  it('stops at a limit', async () => {
    for (const limit of ['limit 1', 'limit 2500 offset 10', 'limit 1000000']) {
      await expectSorted(small, 't', 'text desc nulls last', 'id, text', limit)
    }
  })

  it('takes one row', () => expectRows(small, 'one', 'select * from one order by text'))

  it('takes none', async () => {
    const frame = small.scanParquet(paths.none).sort('text')
    expect((await frame.collect(FORCED)).numRows).toBe(0)
  })

  it('takes what comes from elsewhere than a scan', async () => {
    const sql = `select a.id, b.n from t a join (select small, count(*) as n from t group by small) b on a.small = b.small
      order by b.n desc, a.id`
    await expectRows(small, 't', sql)
    const union =
      'select id from (select id, text from t union all select id, name from t) order by text desc, id limit 9000'
    await expectRows(small, 't', union)
  })

  it('is measured', async () => {
    const profile = await sorted(small).profile(FORCED)
    expect(profile.toString()).toMatch(/sort.*spilled/s)
  })
})

function sorted(engine: Engine): Frame {
  const table = engine.scanParquet(paths.t)
  return (engine === tiny ? table.select('text', 'f64') : table).sort('text', 'f64 desc')
}

async function failure(work: () => Promise<unknown>): Promise<VolleyError> {
  const error = await work().then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  )
  if (error instanceof VolleyError) return error
  throw error
}

describe('a sort in files that does not come to its end', () => {
  it('leaves nothing when it is aborted, wherever it is', async () => {
    const began = performance.now()
    await sorted(small).collect(FORCED)
    const duration = performance.now() - began
    let aborted = 0
    for (let step = 0; step < 12; step++) {
      const signal = AbortSignal.timeout(Math.round((duration * step) / 16))
      const run = sorted(step % 2 === 0 ? small : tiny).collect({ ...FORCED, signal })
      const code = await run.then(
        () => 'done',
        (error: VolleyError) => error.code,
      )
      if (code !== 'done') aborted++
      expect(['done', 'VOLLEY_ABORTED']).toContain(code)
      expect(spilledFiles()).toEqual([])
    }
    expect(aborted).toBeGreaterThan(2)
  })

  it('leaves nothing when its consumer has enough', async () => {
    const leave = async () => {
      for await (const batch of sorted(small).stream(FORCED)) {
        expect(batch.numRows).toBeGreaterThan(0)
        break
      }
      expect(spilledFiles()).toEqual([])
    }
    await expectNoLeak(small, { leave, whole: () => sorted(small).count(FORCED), limit: () => limited(small) })
  })

  it('fails when its files vanish', async () => {
    const remove = async () => {
      for await (const _ of sorted(tiny).stream(FORCED)) rmSync(spill, { recursive: true, force: true })
    }
    const error = await failure(remove)
    mkdirSync(spill, { recursive: true })
    expect([error.code, error.message]).toEqual([
      'VOLLEY_IO',
      expect.stringMatching(/^cannot read .+: somebody removed it$/),
    ])
    expect((await sorted(tiny).collect(FORCED)).numRows).toBe(ROWS)
  })

  it('fails when a function before it does', async () => {
    const throwsAtRow = { module: modulePath('faulty.mjs'), function: 'throwsAtRow', kwargs: { id: 4_500n } }
    const mapped = small
      .scanParquet(paths.t)
      .select('id', 'text')
      .mapRows(throwsAtRow, { schema: { id: 'int64', text: 'utf8' } })
      .sort('text')
    const error = await failure(() => mapped.collect(FORCED))
    expect(error.code).toBe('VOLLEY_USER_FUNCTION')
    expect(spilledFiles()).toEqual([])
  })
})

async function limited(engine: Engine): Promise<void> {
  await sorted(engine).limit(3).union(sorted(engine).limit(4_000)).count(FORCED)
}

/** A file system too small for a sort, or null where this process may not mount one. */
function mountSmall(): string | null {
  const path = join(directory, 'small')
  mkdirSync(path)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path])
  return mounted.status === 0 ? path : null
}

const full = mountSmall()

describe('a full disk', () => {
  afterAll(() => {
    if (full !== null) spawnSync('umount', [full])
  })
  const test = full === null ? it.skip : it

  test('ends the run and leaves nothing on it (needs the right to mount)', async () => {
    const tempDirectory = full as string
    const engine = openWithBreakerBytes(SMALL_BYTES, { threads: 2, tempDirectory })
    try {
      const frame = engine.scanParquet(paths.t).sort('text')
      for (let round = 0; round < 2; round++) {
        const error = await failure(() => frame.collect(FORCED))
        expect(error.code).toBe('VOLLEY_DISK_FULL')
        expect(error.message).toMatch(new RegExp(`^cannot write ${tempDirectory}.+: no space left on the device`))
        expect(readdirSync(tempDirectory)).toEqual([])
      }
      expect((await frame.collect({ strategy: 'bulk' })).numRows).toBe(ROWS)
      await eventually(() => engine.memoryUsage().leasedBytes === 0)
    } finally {
      await engine.close()
    }
  })
})
