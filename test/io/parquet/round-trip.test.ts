import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as arrow from 'apache-arrow'
import { type AsyncBuffer, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { readParquet } from 'parquet-wasm/node'
import { PARQUET_COMPRESSIONS } from '../../../io/parquet/encode.js'
import { openParquet } from '../../../io/parquet/open-file.js'
import { decodeMorsel } from '../../../io/parquet/reader.js'
import { openParquetSource } from '../../../io/parquet/source.js'
import { field, INT32, schemaOf, typeName, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import {
  batchOf,
  duckdbText,
  memory,
  morselsOf,
  type Row,
  readFiles,
  target,
  temporaryDirectory,
  writeFile,
} from '../../support/parquet-files.js'
import { allTypesRows, allTypesSchema } from '../../support/parquet-tables.js'

const directory = temporaryDirectory()
const rows = allTypesRows(700, 1)

async function write(name: string, options: Parameters<typeof writeFile>[2] = {}, own: readonly Row[] = rows) {
  const path = join(directory, name)
  await writeFile(path, [batchOf(allTypesSchema, own.slice(0, 333)), batchOf(allTypesSchema, own.slice(333))], options)
  return path
}

async function hyparquetRows(path: string): Promise<Record<string, unknown>[]> {
  const bytes = readFileSync(path)
  const file: AsyncBuffer = {
    byteLength: bytes.length,
    slice: (start, end) => {
      const part = bytes.subarray(start, end)
      return part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength) as ArrayBuffer
    },
  }
  return parquetReadObjects({ file, compressors, utf8: false })
}

describe('a file of every type', () => {
  for (const compression of PARQUET_COMPRESSIONS) {
    it(`reads back the same with ${compression}`, async () => {
      const path = await write(`${compression}.parquet`, { compression, rowGroupSize: 250 })
      expect(await readFiles(path)).toEqual(rows)
      expect(openParquet(path).schema.fields.map((f) => [f.name, typeName(f.type)])).toEqual(
        allTypesSchema.fields.map((f) => [f.name, typeName(f.type)]),
      )
      expect(openParquet(path).metadata.rowGroups.map((group) => group.rows)).toEqual([250, 250, 200])
    })
  }

  it('reads back the same with and without dictionaries, and without nulls', async () => {
    expect(await readFiles(await write('plain.parquet', { dictionary: false }))).toEqual(rows)
    expect(await readFiles(await write('dictionary.parquet', { dictionary: true }))).toEqual(rows)
    const full = allTypesRows(500, 2, 0)
    expect(await readFiles(await write('full.parquet', {}, full))).toEqual(full)
    const empty = allTypesRows(500, 2, 1)
    expect(await readFiles(await write('nulls.parquet', {}, empty))).toEqual(empty)
  })

  it('means the same to DuckDB', async () => {
    const path = await write('duckdb.parquet', { compression: 'zstd', rowGroupSize: 100 })
    // The same values through Arrow's text: DuckDB has no durations and no times in seconds, which it sees as stored.
    const names = 'flag, i8, i64, u32, u64, d9, d18, d30, huge, text, day, ts_s, ts_ms, ts_us, ts_ns, utc, took, bytes'
    const actual = await duckdbText(`select ${names} from '${path}'`)
    const index = (name: string) => allTypesSchema.fields.findIndex((own) => own.name === name)
    const column = (name: string) => rows.map((row) => row[index(name)])
    const read = (position: number) => actual.map((row) => row[position])
    const texts = (name: string) => column(name).map((value) => (value === null ? null : String(value)))
    expect(read(0)).toEqual(texts('flag'))
    expect(read(1)).toEqual(texts('i8'))
    expect(read(2)).toEqual(texts('i64'))
    expect(read(3)).toEqual(texts('u32'))
    expect(read(4)).toEqual(texts('u64'))
    expect(read(8)).toEqual(texts('huge'))
    expect(read(9)).toEqual(texts('text'))
    expect(read(16)).toEqual(texts('took'))
    const unscaled = (text: string | null) => (text === null ? null : BigInt(text.replace('.', '')))
    for (const [position, name] of [
      [5, 'd9'],
      [6, 'd18'],
      [7, 'd30'],
    ] as const) {
      expect(read(position).map(unscaled)).toEqual(column(name))
    }
    const instant = (text: string | null) =>
      text === null ? null : Date.parse(`${text.replace(/\+00$/, '').replace(' ', 'T')}Z`)
    const millis = (name: string, perMilli: number) =>
      column(name).map((value) => (value === null ? null : Math.trunc(Math.floor(Number(value) / perMilli))))
    expect(read(10).map((text) => (text === null ? null : Date.parse(text) / 86_400_000))).toEqual(column('day'))
    expect(read(11).map(instant)).toEqual(millis('ts_s', 0.001))
    expect(read(12).map(instant)).toEqual(millis('ts_ms', 1))
    expect(read(13).map(instant)).toEqual(millis('ts_us', 1000))
    expect(read(15).map(instant)).toEqual(millis('utc', 1000))
  })

  it('means the same to hyparquet and to parquet-wasm', async () => {
    const path = await write('others.parquet', { compression: 'gzip', rowGroupSize: 300 })
    const objects = await hyparquetRows(path)
    const table = arrow.tableFromIPC(readParquet(readFileSync(path)).intoIPCStream())
    expect(objects.length).toBe(rows.length)
    expect(table.numRows).toBe(rows.length)
    for (const name of ['flag', 'i8', 'i16', 'i32', 'i64', 'f32', 'f64', 'text', 'unique', 'took', 'u64']) {
      const index = allTypesSchema.fields.findIndex((own) => own.name === name)
      const expected = rows.map((row) => row[index])
      expect(Array.from(table.getChild(name) ?? [])).toEqual(expected)
      if (name !== 'u64') expect(objects.map((object) => object[name] ?? null)).toEqual(expected)
    }
    expect(table.schema.fields.find((own) => own.name === 'zoned')?.type.toString()).toContain('Europe/Zurich')
  })
})

describe('other forms of vectors', () => {
  const schema = schemaOf([field('n', INT32), field('t', UTF8)])

  it('writes constants, dictionaries and rows from any position', async () => {
    const values = Array.from({ length: 200 }, (_, row): Row => [row % 7 === 0 ? null : row, `t${row % 5}`])
    const plain = batchOf(schema, values)
    const words = batchOf(schemaOf([field('t', UTF8)]), [['zero'], ['one'], ['two']])
    const codes = batchOf(
      schemaOf([field('c', INT32)]),
      values.map((_, row) => [row % 11 === 0 ? null : row % 3]),
    )
    const dictionary = { ...codes.columns[0], type: UTF8, dictionary: words.columns[0] }
    const encoded = { schema, length: 200, columns: [plain.columns[0], dictionary] }
    const single = batchOf(schema, [[7, 'same']])
    const repeated = single.columns.map((column) => ({ ...column, length: 130, constant: true }))
    const constant = { schema, length: 130, columns: repeated }
    const path = join(directory, 'forms.parquet')
    // 77 is no multiple of 8: every bitmap has to be moved.
    await writeFile(path, [plain, encoded, constant], { rowGroupSize: 77 })
    const decoded = values.map((row, i) => [row[0], i % 11 === 0 ? null : ['zero', 'one', 'two'][i % 3]])
    expect(await readFiles(path)).toEqual([...values, ...decoded, ...Array.from({ length: 130 }, () => [7, 'same'])])
  })

  it('keeps the codes of strings that are all in a dictionary', async () => {
    const path = join(directory, 'codes.parquet')
    const values = Array.from({ length: 3000 }, (_, row): Row => [row, row % 10 === 0 ? null : `word ${row % 4}`])
    await writeFile(path, [batchOf(schema, values)])
    expect(await readFiles(path)).toEqual(values)
    const [morsel] = await morselsOf(openParquetSource([path], 0, 'codes'))
    const [batch] = decodeMorsel(morsel, target).batches
    expect(batch.columns[1].dictionary?.length).toBe(4)
    for (const column of batch.columns) for (const block of column.blocks) memory.release(block)
  })
})

describe('a file without rows', () => {
  it('is valid for every reader', async () => {
    const path = join(directory, 'empty.parquet')
    await writeFile(path, [batchOf(allTypesSchema, [])])
    expect(await readFiles(path)).toEqual([])
    expect(await duckdbText(`select count(*) from '${path}'`)).toEqual([['0']])
    expect(await hyparquetRows(path)).toEqual([])
    expect(readParquet(readFileSync(path)).numBatches).toBe(0)
    expect(openParquet(path).schema.fields.length).toBe(allTypesSchema.fields.length)
  })
})
