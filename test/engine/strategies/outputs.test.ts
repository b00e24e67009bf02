/** Results leave the engine in the same form, whatever the strategy that made them. */

import { readdirSync, readFileSync } from 'node:fs'
import type { Frame, RunOptions, RunReport } from '../../../index.js'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { describe, expect, it } from '../../support/jest.js'

const volley = differential({ t: everyType(4_000), none: everyType(0) }, [2])

const BULK: RunOptions = { strategy: 'bulk' }
const OTHERS: readonly RunOptions[] = [
  { strategy: 'row' },
  { strategy: 'bigdata' },
  { strategy: 'bulk', switchAtMorsel: 1 },
]

/** Queries for rows in an order that all strategies promise, and by what their rows are partitioned. */
const QUERIES: readonly (readonly [sql: string, partition: string])[] = [
  ['from t', 'id % 7'],
  // DuckDB writes such files by itself.
  ['select * exclude (f32, f64, ratio) from t where small > 20', 'color'],
  ['select * exclude (f32, f64, ratio) from none', 'color'],
  [
    'select id, text, color, d38, moment, zoned, flag from t order by color nulls first, small, id limit 2500',
    'length(color)',
  ],
  [
    `select color, name, count(*) as n, min(moment) as m, max(d38) as d, sum(price) as s, first(bytes) as b, avg(small) as a
     from t group by color, name order by color, name`,
    'color',
  ],
  [
    'select id, row_number() over (partition by color order by id) as r, lag(day) over (order by id) as d from t',
    'id % 5',
  ],
]

function frameOf(sql: string): Frame {
  const { engines, tables } = volley()
  return engines[0].sql(sql, tables(engines[0]))
}

let files = 0

function newPath(): string {
  return volley().oracle.path(`output-${++files}`)
}

async function rowsOf(frame: Frame, run: RunOptions): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of frame.rows(run)) rows.push(row)
  return rows
}

async function fieldsOf(frame: Frame): Promise<unknown[]> {
  return (await frame.schema()).fields.map(({ name, nullable, type }) => ({ name, nullable, type: String(type) }))
}

/** What another reader takes the columns of a file for. Decimals may be stored in more bytes than they need. */
async function storedSchema(file: string): Promise<unknown[][]> {
  const { oracle } = volley()
  const nullable = await oracle.run(`select name, repetition_type from parquet_schema('${file}') offset 1`)
  return [...nullable, ...(await oracle.run(`describe from read_parquet('${file}')`))]
}

/** Has the oracle expect the rows of a frame, in their order. */
async function expectRowsOf(frame: Frame): Promise<void> {
  const file = newPath()
  await frame.sinkParquet(file, {}, BULK)
  await volley().oracle.expect(`from read_parquet('${file}')`, { ordered: true })
}

async function differenceOf(frame: Frame): Promise<string | null> {
  return (await volley().oracle.attempt({ frame, run: BULK }, { ordered: true })).difference
}

type Write = (frame: Frame, path: string, run: RunOptions) => Promise<RunReport>

const BINARY = {
  parquet: (frame, path, run) => frame.sinkParquet(path, {}, run),
  arrow: (frame, path, run) => frame.sinkArrow(path, {}, run),
} satisfies Record<string, Write>

const TEXT = {
  csv: (frame, path, run) => frame.sinkCsv(path, {}, run),
  ndjson: (frame, path, run) => frame.sinkNdjson(path, {}, run),
} satisfies Record<string, Write>

describe.each(QUERIES)('%s', (sql, partition) => {
  it('is tables, batches, rows and a number of them', async () => {
    const [engine] = volley().engines
    const frame = frameOf(sql)
    await expectRowsOf(frame)
    const expected = await frame.collect(BULK)
    const rows = await rowsOf(frame.limit(200), BULK)
    for (const run of OTHERS) {
      const table = engine.fromArrow(await frame.collect(run))
      expect(await fieldsOf(table)).toEqual(await fieldsOf(engine.fromArrow(expected)))
      expect(await differenceOf(table)).toBeNull()
      const batches = []
      for await (const batch of frame.stream(run)) batches.push(batch)
      expect(batches.reduce((sum, { numRows }) => sum + numRows, 0)).toBe(expected.numRows)
      if (batches.length > 0) expect(await differenceOf(engine.fromArrow(batches))).toBeNull()
      expect(await frame.count(run)).toBe(expected.numRows)
      expect(await rowsOf(frame.limit(200), run)).toEqual(rows)
    }
  })

  it.each(Object.entries(BINARY))('is the same schema and rows as %s', async (format, write) => {
    const [engine] = volley().engines
    const frame = frameOf(sql)
    const scan = (path: string) => (format === 'parquet' ? engine.scanParquet(path) : engine.scanArrow(path))
    const bulk = newPath()
    const { rowsIn, rowsOut } = await write(frame, bulk, BULK)
    await expectRowsOf(scan(bulk))
    for (const run of OTHERS) {
      const own = newPath()
      expect(await write(frame, own, run)).toMatchObject({ rowsIn, rowsOut })
      expect(await fieldsOf(scan(own))).toEqual(await fieldsOf(scan(bulk)))
      expect(await differenceOf(scan(own))).toBeNull()
      if (format === 'parquet') expect(await storedSchema(own)).toEqual(await storedSchema(bulk))
    }
  })

  it.each(Object.entries(TEXT))('is the same text as %s', async (_, write) => {
    const frame = frameOf(sql)
    const bulk = newPath()
    const { rowsIn, rowsOut, bytesWritten } = await write(frame, bulk, BULK)
    for (const run of OTHERS) {
      const own = newPath()
      expect(await write(frame, own, run)).toMatchObject({ rowsIn, rowsOut, bytesWritten })
      expect(readFileSync(own).equals(readFileSync(bulk))).toBe(true)
    }
  })

  it('is the same rows in the same folders', async () => {
    const [engine] = volley().engines
    const frame = frameOf(`select *, ${partition} as part from (${sql})`)
    const write = (path: string, run: RunOptions) => frame.sinkParquet(path, { partitionBy: ['part'] }, run)
    const folders = (path: string) => readdirSync(path).sort()
    const bulk = newPath()
    const { rowsIn, rowsOut } = await write(bulk, BULK)
    const isEmpty = folders(bulk).length === 0
    if (!isEmpty) await expectRowsOf(engine.scanParquet(bulk))
    for (const run of OTHERS) {
      const own = newPath()
      expect(await write(own, run)).toMatchObject({ rowsIn, rowsOut })
      expect(folders(own)).toEqual(folders(bulk))
      if (!isEmpty) expect(await differenceOf(engine.scanParquet(own))).toBeNull()
    }
  })
})
