/** Joins in partitions in files: with so little memory that partitions are split again, and with keys that cannot be. */

import fc from 'fast-check'
import type { Engine, Frame, RunOptions } from '../../../index.js'
import { everyType } from '../../support/every-type.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import type { Oracle } from '../../support/oracle.js'
import { failure, modulePath } from '../../support/scene.js'
import { openWithoutPushdown } from '../../support/small-memory.js'
import { SpillScene } from '../../support/spill-scene.js'

/** Partitions of the left table are split once, and its largest twice. */
const TINY_BYTES = 6_000
const SMALL_BYTES = 9_000
const FILES = 6
const LEFT_ROWS = 1_800
const RIGHT_ROWS = 1_200
const RUN: RunOptions = { strategy: 'bigdata' }

/** Every third row has one key, every eleventh none. */
const skewed = (rows: number) =>
  `select id, case when id % 11 = 0 then null when id % 3 = 0 then 'one' else 'k' || (id % 701) end as k, text, day
   from (${everyType(rows)})`

const nested = (rows: number) =>
  `select id, [small, i32] as list, {'a': name, 'b': [text]} as struct from (${everyType(rows)})`

let oracle: Oracle
let tiny: Engine
let small: Engine
const paths: Record<string, string[]> = {}

const scene = SpillScene.forFile({
  name: 'partitioned-join',
  open: openWithoutPushdown,
  tinyBytes: TINY_BYTES,
  smallBytes: SMALL_BYTES,
  fill: async (filled) => {
    const tables = {
      l: everyType(LEFT_ROWS),
      r: `select * from (${everyType(RIGHT_ROWS)}) where id % 4 < 3`,
      few: `from (${everyType(RIGHT_ROWS)}) where id % 8 = 7`,
      ln: nested(500),
      rn: nested(300),
      ls: skewed(400),
      rs: skewed(300),
      none: everyType(0),
    }
    for (const [name, sql] of Object.entries(tables)) {
      await filled.run(`create table ${name} as from (${sql})`)
      // More than can be under way at once: nothing is given up while there is no more to read.
      const parts = Array.from({ length: FILES }, (_, part) =>
        filled.parquet(`${name}-${part}`, `from ${name} where id % ${FILES} = ${part}`),
      )
      paths[name] = await Promise.all(parts)
    }
  },
})

beforeAll(() => {
  ;({ oracle, tiny, small } = scene)
})

const tablesOf = (engine: Engine): Record<string, Frame> =>
  Object.fromEntries(Object.entries(paths).map(([name, files]) => [name, engine.scanParquet(files)]))

/** Expects a query to have the rows of DuckDB, and that nothing is left of its files. */
async function expectRows(engine: Engine, sql: string): Promise<void> {
  await oracle.expect(sql, {})
  const { difference, report } = await oracle.attempt({ frame: engine.sql(sql, tablesOf(engine)), run: RUN }, {})
  expect({ sql, difference }).toEqual({ sql, difference: null })
  expect(report.strategies.map(({ name }) => name)).toEqual(['bigdata'])
  expect(scene.files()).toEqual([])
}

const KINDS = ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const

function query(how: (typeof KINDS)[number], [l, r]: readonly string[], on: string): string {
  const columns = how === 'semi' || how === 'anti' ? '' : ', r.id as r_id, r.text as r_text, r.color, r.d38'
  return `select l.id, l.name, l.d9${columns} from ${l} l ${how} join ${r} r on ${on}`
}

/** Keys of every type; of some, values repeat so much that the few rows have to do. */
const KEYS = ['i64', 'f64', 'f32', 'd38', 'd9', 'text', 'bytes', 'day', 'moment', 'u64', 'i32', 'clock']
const FEW_KEYS = ['flag', 'i8', 'color', 'small', 'name', 'price']

describe.each(KINDS)('a %s join in partitions', (how) => {
  it('has the rows of DuckDB, whatever the keys', async () => {
    const turn = KINDS.indexOf(how)
    for (const [index, key] of KEYS.entries()) {
      if (index % 3 !== turn % 3) continue
      await expectRows(small, query(how, ['l', 'few'], `l.${key} = r.${key}`))
    }
    for (const [index, key] of FEW_KEYS.entries()) {
      if (index % KINDS.length === turn) await expectRows(small, query(how, ['l', 'few'], `l.${key} = r.${key}`))
    }
  })

  it('splits partitions that are too large', async () => {
    for (const engine of [tiny, small]) await expectRows(engine, query(how, ['l', 'r'], 'l.id = r.id'))
    await expectRows(tiny, query(how, ['r', 'l'], 'l.text = r.text and l.small = r.small and l.flag = r.flag'))
  })

  it('takes keys of which one has most rows', async () => {
    const columns = how === 'semi' || how === 'anti' ? 'l.id, l.k' : 'l.id, l.k, r.id as r_id, r.day'
    for (const engine of [tiny, small]) {
      await expectRows(engine, `select ${columns} from ls l ${how} join rs r on l.k = r.k`)
    }
  })

  it('takes sides without rows', async () => {
    for (const sides of [
      ['none', 'r'],
      ['l', 'none'],
    ]) {
      await expectRows(tiny, query(how, sides, 'l.id = r.id'))
    }
  })
})

describe('joins in partitions', () => {
  it('take expressions and keys of different types', async () => {
    const conditions = ['l.id + 1 = r.id * 2', 'upper(l.name) = upper(r.name) and l.small % 5 = r.small % 7']
    for (const on of [...conditions, 'l.i32 = r.d15', 'l.small = r.f64', 'l.day = r.moment']) {
      await expectRows(small, query('left', ['l', 'few'], on))
    }
  })

  it('follow one another, and come before other breakers', async () => {
    await expectRows(
      small,
      `select a.name, count(*) as n, min(b.text) as t from l a join r b on a.id = b.id
       left join (select small, max(id) as m from r group by small) c on b.small = c.small
       where a.id in (select id from few) and c.m > 10 group by a.name order by a.name`,
    )
  })

  it('have the rows of DuckDB in random forms', async () => {
    const key = fc.constantFrom(...KEYS, ...FEW_KEYS, 'length(text)', 'id % 50', 'lower(name)')
    const form = fc.record({
      how: fc.constantFrom(...KINDS),
      keys: fc.uniqueArray(key, { minLength: 2, maxLength: 4 }),
      engine: fc.constantFrom('tiny', 'small'),
    })
    for (const { how, keys, engine } of fc.sample(form, { numRuns: 8, seed: 17 })) {
      const on = keys.map((one) => `${ofSide(one, 'l')} = ${ofSide(one, 'r')}`).join(' and ')
      await expectRows(engine === 'tiny' ? tiny : small, query(how, ['l', 'r'], on))
    }
  })

  it('keep nested columns', async () => {
    for (const engine of [tiny, small]) {
      await expectRows(engine, 'select l.id, l.struct, r.list from ln l left join rn r on l.id = r.id')
    }
  })

  it('are measured', async () => {
    const profile = await joined(small).profile(RUN)
    expect(profile.toString()).toMatch(/join.*spilled/s)
    expect(profile.report.rowsIn).toBe(LEFT_ROWS + RIGHT_ROWS * 0.75)
  })
})

function ofSide(key: string, side: string): string {
  return key.replace(/\b(?!length|lower)[a-z]\w*/, `${side}.$&`).replace(/\((\w+)\)/, `(${side}.$1)`)
}

function joined(engine: Engine): Frame {
  const { l, r } = tablesOf(engine)
  return l
    .select('id', 'i64', 'color')
    .join(r.select('id', 'text', 'day', 'd38', 'bytes', 'name'), { on: 'id', how: 'left' })
}

describe('a join in partitions that does not come to its end', () => {
  it('leaves nothing when it is aborted, wherever it is', () =>
    scene.expectAborts(6 / 5, (engine, signal) =>
      joined(engine).collect({ ...RUN, ...(signal === undefined ? {} : { signal }) }),
    ))

  it('leaves nothing when its consumer has enough', () =>
    scene.expectLeaves(() => joined(small).stream(RUN), {
      limit: () => joined(small).limit(3).union(joined(small).limit(2_000)).count(RUN),
      whole: () => joined(small).count(RUN),
    }))

  it('fails when its files vanish', async () => {
    await scene.expectVanishing(() => joined(small).stream(RUN))
    expect(await joined(small).count(RUN)).toBe(LEFT_ROWS)
  })

  it('fails when a function of either side does', async () => {
    const throwsAtRow = { module: modulePath('faulty.mjs'), function: 'throwsAtRow', kwargs: { id: 1_198n } }
    const mapped = (table: Frame) =>
      table.select('id', 'text').mapRows(throwsAtRow, { schema: { id: 'int64', text: 'utf8' } })
    const { l, r } = tablesOf(small)
    for (const frame of [mapped(l).join(r, { on: 'id' }), l.join(mapped(r), { on: 'id' })]) {
      const error = await failure(() => frame.collect(RUN))
      expect(error.code).toBe('VOLLEY_USER_FUNCTION')
      expect(scene.files()).toEqual([])
    }
  })
})

const inner = (engine: Engine): Frame => {
  const { l, r } = tablesOf(engine)
  return l.join(r, { on: 'id' })
}

scene.describeFullDisk({
  size: '192k',
  fail: (engine) => inner(engine).collect(RUN),
  goOn: async (engine) => {
    expect(await inner(engine).count({ strategy: 'bulk' })).toBe(RIGHT_ROWS * 0.75)
  },
})
