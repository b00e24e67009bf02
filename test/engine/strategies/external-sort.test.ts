/** Sorts in files: with so little memory that every morsel is a run, and that runs are merged several times. */

import fc from 'fast-check'
import type { Engine, Frame, RunOptions } from '../../../index.js'
import { everyType } from '../../support/every-type.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import type { Oracle } from '../../support/oracle.js'
import { eventually, failure, modulePath } from '../../support/scene.js'
import { openWithBreakerBytes } from '../../support/small-memory.js'
import { SpillScene } from '../../support/spill-scene.js'

/** Three runs or more of a table, of which two may be in memory while they are merged, or as many as there are. */
const TINY_BYTES = 4_096
const SMALL_BYTES = 400_000
const ROWS = 5_000
const FORCED: RunOptions = { strategy: 'bulk', switchAtMorsel: 0 }

const nested = `select id, (case when id % 11 = 0 then null else [small, i32] end) as list, {'a': small, 'b': text} as struct,
  map([coalesce(color, 'none')], [day]) as map, [{'x': text, 'y': [name]}] as deep from (${everyType(ROWS)})`
const wide = `select id, repeat('x', (id % 7 * 500)::integer) || (id % 97) as k, repeat(md5(id::varchar), 30) as payload
  from (${everyType(3000)})`

let oracle: Oracle
let tiny: Engine
let small: Engine
const paths: Record<string, string> = {}

const scene = SpillScene.forFile({
  name: 'external-sort',
  open: openWithBreakerBytes,
  tinyBytes: TINY_BYTES,
  smallBytes: SMALL_BYTES,
  fill: async (filled) => {
    const tables = { t: everyType(ROWS), nested, wide, one: everyType(1), none: everyType(0) }
    for (const [name, sql] of Object.entries(tables)) {
      paths[name] = await filled.parquet(name, sql)
      await filled.run(`create table ${name} as from read_parquet('${paths[name]}')`)
    }
  },
})

beforeAll(() => {
  ;({ oracle, tiny, small } = scene)
})

/** Expects a query, which sorts a table, to have the rows of DuckDB in order, though its sort went through files. */
async function expectRows(engine: Engine, table: string, sql: string, expected = sql): Promise<void> {
  await oracle.expect(expected, { ordered: true })
  const frame = engine.sql(sql, { [table]: engine.scanParquet(paths[table]) })
  const { difference, report } = await oracle.attempt({ frame, run: FORCED }, { ordered: true })
  expect({ sql, difference }).toEqual({ sql, difference: null })
  expect(report.strategies.map(({ name }) => name)).toEqual(['bulk', 'bigdata'])
  expect(scene.files()).toEqual([])
}

/** Expects the rows of a table in order, equal ones as they lie in it. */
function expectSorted(engine: Engine, table: string, order: string, columns = '*', limit = ''): Promise<void> {
  // Ordered by their places, as DuckDB takes the sign of 0 from keys.
  const places = `select id as i, row_number() over (order by ${order}, id) as place from ${table}`
  const expected = `select ${columns} from ${table} join (${places}) on id = i order by place ${limit}`
  const all = columns === '*' ? `select * exclude (i, place) from (${expected})` : expected
  return expectRows(engine, table, `select ${columns} from ${table} order by ${order} ${limit}`, all)
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

describe('a sort in files that does not come to its end', () => {
  it('leaves nothing when it is aborted, wherever it is', () =>
    scene.expectAborts(3 / 4, (engine, signal) =>
      sorted(engine).collect({ ...FORCED, ...(signal === undefined ? {} : { signal }) }),
    ))

  it('leaves nothing when its consumer has enough', () =>
    scene.expectLeaves(() => sorted(small).stream(FORCED), {
      whole: () => sorted(small).count(FORCED),
      limit: () => limited(small),
    }))

  it('fails when its files vanish', async () => {
    await scene.expectVanishing(() => sorted(tiny).stream(FORCED))
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
    expect(scene.files()).toEqual([])
  })
})

async function limited(engine: Engine): Promise<void> {
  await sorted(engine).limit(3).union(sorted(engine).limit(4_000)).count(FORCED)
}

scene.describeFullDisk({
  size: '256k',
  fail: (engine) => engine.scanParquet(paths.t).sort('text').collect(FORCED),
  goOn: async (engine) => {
    // Nobody keeps the table: what it holds has to be given back.
    expect((await engine.scanParquet(paths.t).sort('text').collect({ strategy: 'bulk' })).numRows).toBe(ROWS)
    await eventually(() => engine.memoryUsage().leasedBytes === 0)
  },
})
