import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import * as arrow from 'apache-arrow'
import pl from 'nodejs-polars'
import { IpcSink } from '../../../io/ipc/ipc-sink.js'
import { IpcSource } from '../../../io/ipc/ipc-source.js'
import * as types from '../../../planner/types.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { batchOf, type Columns, memory, scan, schemaText, shared, sinkMemory, target } from '../scan.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'volley-ipc-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const columns: Columns = [
  ['id', types.INT64, [1n, null, 3n]],
  ['name', types.UTF8, ['a', 'ü', null]],
  ['price', types.decimal(10, 2), [100n, -5n, null]],
  ['flag', types.BOOL, [true, null, false]],
  ['tags', { kind: 'list', element: types.field('item', types.UTF8) }, [['x'], [], null]],
]
const expected = Object.fromEntries(columns.map(([name, , values]) => [name, values]))

async function write(name: string, given: readonly Columns[], options = {}): Promise<string> {
  const path = join(directory, name)
  const first = batchOf(given[0])
  const sink = await IpcSink.open(path, first.schema, sinkMemory, { overwrite: true, ...options })
  await sink.write(first)
  for (const more of given.slice(1)) await sink.write(batchOf(more))
  await sink.finish()
  return path
}

function open(...paths: string[]): Promise<IpcSource> {
  return IpcSource.open(1, paths, shared)
}

describe('Arrow IPC', () => {
  for (const [name, magic] of [
    ['out.arrow', 'ARROW1'],
    ['out.arrows', '\uffff'],
  ] as const) {
    it(`writes and reads ${name}`, async () => {
      const before = shared.statistics().blocks
      const path = await write(name, [columns, columns])
      expect(readFileSync(path).subarray(0, 6).toString('latin1').startsWith('ARROW1')).toBe(magic === 'ARROW1')
      const table = arrow.tableFromIPC(readFileSync(path))
      expect(table.numRows).toBe(6)
      expect([...(table.getChild('name') ?? [])]).toEqual(['a', 'ü', null, 'a', 'ü', null])
      const source = await open(path)
      expect(schemaText(source)).toBe('id BIGINT, name VARCHAR, price DECIMAL(10,2), flag BOOLEAN, tags VARCHAR[]')
      const { columns: read, batches } = await scan(source)
      for (const [column, values] of Object.entries(expected)) expect(read[column]).toEqual([...values, ...values])
      expect(batches).toEqual([
        { length: 3, firstRow: 0 },
        { length: 3, firstRow: 3 },
      ])
      expect(shared.statistics().blocks).toBe(before)
    })
  }

  it('reads only the columns asked for, in their order', async () => {
    const source = await open(await write('some.arrow', [columns]))
    const { columns: read } = await scan(source, ['flag', 'id'])
    expect(Object.entries(read)).toEqual([
      ['flag', expected.flag],
      ['id', expected.id],
    ])
  })

  it('shows columns where the file was read to, without copying them', async () => {
    const source = await open(await write('view.arrow', [columns]))
    const allocated: number[] = []
    const counting = {
      ...target,
      allocate: (bytes: number) => {
        allocated.push(bytes)
        return shared.allocate(bytes)
      },
    }
    for await (const { batch } of source.morsels({ columns: ['id', 'name', 'tags'], predicate: null }, counting)) {
      const [id, name] = batch.columns
      expect(id.blocks).toEqual(name.blocks)
      for (const column of batch.columns) column.blocks.forEach(shared.release)
    }
    expect(allocated).toHaveLength(1)
  })

  it('cuts large batches into morsels', async () => {
    const many = Array.from({ length: 150_000 }, (_, i) => i)
    const source = await open(await write('large.arrow', [[['n', types.INT32, many]]]))
    const { columns: read, batches } = await scan(source)
    expect(batches.map((batch) => batch.length)).toEqual([65_536, 65_536, 18_928])
    expect(read.n).toEqual(many)
  })

  it('stops early without losing a block', async () => {
    const source = await open(await write('early.arrow', [columns, columns]))
    const before = shared.statistics().blocks
    for await (const { batch } of source.morsels({ columns: ['id', 'price'], predicate: null }, target)) {
      for (const column of batch.columns) column.blocks.forEach(shared.release)
      break
    }
    expect(shared.statistics().blocks).toBe(before)
  })

  it('reads files of other writers: dictionaries, large text, no batches', async () => {
    const texts = ['x', 'y', null, 'x']
    const table = new arrow.Table({
      colour: arrow.vectorFromArray(texts, new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
      large: arrow.vectorFromArray(texts, new arrow.LargeUtf8()),
    })
    for (const format of ['file', 'stream'] as const) {
      const path = join(directory, `other.${format}`)
      writeFileSync(path, arrow.tableToIPC(table, format))
      expect((await scan(await open(path))).columns).toEqual({ colour: texts, large: texts })
    }
    const path = join(directory, 'empty.arrow')
    writeFileSync(path, arrow.RecordBatchFileWriter.writeAll(new arrow.Table(table.schema)).toUint8Array(true))
    expect((await scan(await open(path))).columns).toEqual({ colour: [], large: [] })
  })

  it('reads what polars writes: string views, categories, compressed bodies', async () => {
    const path = join(directory, 'polars.arrow')
    const rows = Array.from({ length: 3000 }, (_, i) => i)
    const texts = rows.map((i) => (i % 5 === 0 ? null : `value number ${i % 50}`))
    const frame = pl
      .DataFrame({
        number: rows.map((i) => (i % 7 === 0 ? null : i / 2)),
        text: texts,
        list: rows.map((i) => [i, i + 1]),
      })
      .withColumn(pl.col('text').cast(pl.Categorical).alias('category'))
    for (const compression of ['uncompressed', 'lz4', 'zstd'] as const) {
      frame.writeIPC(path, { compression })
      const source = await open(path)
      if (compression === 'zstd' && !('zstdDecompressSync' in zlib)) {
        await expect(scan(source)).rejects.toMatchObject({ code: 'VOLLEY_UNSUPPORTED', details: { path } })
        continue
      }
      const { columns: read } = await scan(source)
      expect(read.number).toEqual(rows.map((i) => (i % 7 === 0 ? null : i / 2)))
      expect(read.text).toEqual(texts)
      expect(read.category).toEqual(texts)
      expect(read.list[7]).toEqual([7, 8])
      expect((await scan(source, ['category'])).columns.category).toEqual(texts)
    }
  })

  it('reads several files as one, and refuses files that differ', async () => {
    const [a, b] = [await write('a.arrow', [columns]), await write('b.arrow', [columns])]
    const { columns: read, batches } = await scan(await open(a, b), ['id'])
    expect(read.id).toEqual([1n, null, 3n, 1n, null, 3n])
    expect(batches[1].firstRow).toBe(3)
    const other = await write('c.arrow', [[['id', types.INT32, [1]]]])
    await expect(open(a, other)).rejects.toMatchObject({ code: 'VOLLEY_SCHEMA_MISMATCH', details: { path: other } })
  })

  it('writes an empty result with its schema', async () => {
    const path = join(directory, 'nothing.arrow')
    const { schema } = batchOf(columns)
    const sink = await IpcSink.open(path, schema, sinkMemory)
    expect(await sink.finish()).toMatchObject({ rows: 0, files: [path] })
    expect((await scan(await open(path))).columns.id).toEqual([])
  })

  it('leaves nothing behind when aborted', async () => {
    const before = readdirSync(directory).length
    const sink = await IpcSink.open(join(directory, 'aborted.arrow'), batchOf(columns).schema, sinkMemory)
    await sink.write(batchOf(columns))
    await sink.abort()
    expect(readdirSync(directory)).toHaveLength(before)
  })

  it('says what is wrong with a file', async () => {
    const path = join(directory, 'bad.arrow')
    await expect(open(join(directory, 'none.arrow'))).rejects.toMatchObject({ code: 'VOLLEY_FILE_NOT_FOUND' })
    await expect(open(directory)).rejects.toMatchObject({ code: 'VOLLEY_IO' })
    writeFileSync(path, '')
    await expect(open(path)).rejects.toMatchObject({ code: 'VOLLEY_TRUNCATED_FILE' })
    for (const text of ['a,b\n1,2\n3,4\n', 'PAR1....................PAR1']) {
      writeFileSync(path, text)
      await expect(open(path)).rejects.toMatchObject({ code: 'VOLLEY_NOT_ARROW', details: { path } })
    }
    const whole = readFileSync(await write('whole.arrow', [columns, columns]))
    for (const length of [7, 100, whole.length - 300, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length))
      await expect(open(path)).rejects.toMatchObject({
        code: length === 7 ? 'VOLLEY_NOT_ARROW' : 'VOLLEY_TRUNCATED_FILE',
        details: { path },
      })
    }
  })

  it('finds a stream that ends in the middle of a message when it gets there', async () => {
    const path = await write('cut.arrows', [columns, columns])
    truncateSync(path, readFileSync(path).length - 50)
    const before = shared.statistics().blocks
    await expect(scan(await open(path))).rejects.toMatchObject({ code: 'VOLLEY_TRUNCATED_FILE', details: { path } })
    expect(shared.statistics().blocks).toBe(before)
    expect(memory.u8.length).toBeGreaterThan(0)
  })
})
