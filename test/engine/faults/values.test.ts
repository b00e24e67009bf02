import { col } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const path = scene.path('values.parquet')
const out = scene.path('out.parquet')
/** A row of the last of three row groups, and one that a filter on even numbers moves. */
const ROW = 5000

beforeAll(async () => {
  await duckdbRun(`copy (select i, 'unique ' || i as name,
      if(i = ${ROW}, 'x' || i, i::varchar) as digits, if(i = ${ROW}, 9223372036854775807, i) as big,
      if(i = ${ROW}, 200, i % 100)::integer as small
    from range(6000) t(i)) to '${path}' (row_group_size 2048)`)
})

const table = () => scene.engine.scanParquet(path)

describe('expressions that make no sense', () => {
  it('suggests the nearest column', async () => {
    for (const frame of [table().filter('nam = 1'), table().select(col('nmae')), table().sort('nam')]) {
      const error = await scene.fails('VOLLEY_UNKNOWN_COLUMN', () => frame.sinkParquet(out))
      expect(error.message).toContain('did you mean name?')
    }
    const error = await scene.fails('VOLLEY_UNKNOWN_COLUMN', () => table().select('i + nam as x').collect())
    expect(error.details).toMatchObject({ column: 'nam', position: 4 })
  })

  it('names the text, the types and the position of operands that do not fit', async () => {
    const text = 'i + upper(name)'
    const error = await scene.fails('VOLLEY_TYPE_MISMATCH', () => table().withColumns({ x: text }).sinkParquet(out))
    expect(error.details).toMatchObject({ expression: text, position: 2 })
    for (const part of [text, 'BIGINT', 'VARCHAR', 'position 2']) expect(error.message).toContain(part)
  })

  it('quotes the part that does not fit, and places it in the text that was given', async () => {
    const text = `i > 5 and lower(small) = 'x'`
    const error = await scene.fails('VOLLEY_TYPE_MISMATCH', () => table().filter(text).collect())
    expect(error.details).toMatchObject({ expression: 'lower(small)', position: text.indexOf('lower') })
    expect(error.message).toContain('"lower(small)" at position 10')
  })

  it('places syntax errors', async () => {
    const error = await scene.fails('VOLLEY_PARSE', () => table().filter('i > ) 5').collect())
    expect(error.details).toMatchObject({ expression: 'i > ) 5', position: 4 })
  })
})

describe('values that do not fit', () => {
  /** In each, the value is that of row 5000 of the file, wherever filters have moved it. */
  const overflows = {
    'in a projection': () => table().select('big + 1 as x').sinkParquet(out),
    'after a filter': () => table().filter('i % 2 = 0').select('big + 1 as x').sinkParquet(out),
    'after two filters': () => table().filter('i >= 4000').filter('i % 10 = 0').select('big + 1 as x').sinkParquet(out),
    'in a filter after a filter': () => table().filter('i % 2 = 0').filter('big + 1 > 0').sinkParquet(out),
    'in a sort key': () => table().sort('big + 1').sinkParquet(out),
    'in a top-k sort key': () => table().filter('i % 2 = 0').sort('big + 1').limit(3).collect(),
    'in a join key': () => {
      const other = scene.engine.fromRecords([{ k: 1n }], { k: 'int64' })
      return table()
        .filter('i % 2 = 0')
        .join(other, { leftOn: ['big + 1'], rightOn: ['k'] })
        .collect()
    },
    'in the window of a column': () => table().withColumns({ x: 'sum(big + 1) over (partition by small)' }).collect(),
    'in an aggregate': () => table().groupBy('small').agg({ x: 'max(big + 1)' }).collect(),
    'in a group key': () => table().filter('i % 2 = 0').groupBy('big + 1').agg({ n: 'count(*)' }).collect(),
    'in a projection under an aggregate': () =>
      table().select('small', 'big + 1 as x').groupBy('small').agg({ x: 'max(x)' }).collect(),
    'in SQL': () => scene.engine.sql(`select big + 1 from '${path}' where i % 2 = 0`).collect(),
  }

  /** These see rows that were gathered first. */
  const gathered: string[] = ['in a sort key', 'in the window of a column']

  it.each(Object.keys(overflows) as (keyof typeof overflows)[])('names value and row of the file: %s', async (name) => {
    const error = await scene.fails('VOLLEY_OVERFLOW', overflows[name])
    expect(error.message).toContain('9223372036854775807 + 1')
    expect(error.message).toContain('BIGINT')
    if (!gathered.includes(name)) expect(error.details).toMatchObject({ path, rowGroup: 2, row: ROW })
  })

  it('names value, type and row of a failed cast', async () => {
    const fromText = () => table().filter('i % 2 = 0').select('digits::integer as x').sinkParquet(out)
    const error = await scene.fails('VOLLEY_CAST', fromText)
    expect(error.details).toMatchObject({ path, rowGroup: 2, row: ROW })
    expect(error.message).toContain(`cannot cast 'x${ROW}' to INTEGER`)
    const fromNumber = () => table().filter('i > 4500').filter('i % 10 = 0').select('small::tinyint as x').collect()
    const narrow = await scene.fails('VOLLEY_CAST', fromNumber)
    expect(narrow.details).toMatchObject({ path, rowGroup: 2, row: ROW })
    expect(narrow.message).toContain('cannot cast 200 (INTEGER) to TINYINT')
    expect(await table().select('try_cast(digits as integer) as x').filter('x is null').count()).toBe(1)
  })

  it('is the same error where DuckDB has run the whole plan', async () => {
    const strategy = 'bigdata'
    const cast = table().filter('i % 2 = 0').select('digits::integer as x')
    const plans = {
      VOLLEY_CAST: () => cast.sinkParquet(out, {}, { strategy }),
      VOLLEY_OVERFLOW: () => table().groupBy('small').agg({ x: 'max(big + 1)' }).collect({ strategy }),
    }
    expect(await cast.explain({ strategy })).toContain('DuckDB runs the whole plan')
    for (const [code, run] of Object.entries(plans)) {
      const error = await scene.fails(code, run)
      expect(error.details).toMatchObject({ path, rowGroup: 2, row: ROW })
    }
  })

  it('counts rows from the start of what has no file', async () => {
    const records = Array.from({ length: 100_000 }, (_, i) => ({ i, text: i === 98_765 ? 'x' : `${i}` }))
    const frame = scene.engine.fromRecords(records).filter('i % 5 = 0').select('text::integer as x')
    const error = await scene.fails('VOLLEY_CAST', () => frame.collect())
    expect(error.details).toMatchObject({ row: 98_765 })
  })
})
