import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Batch } from '../../../io/batch.js'
import { encodeRowGroup, type RowGroupSlice } from '../../../io/parquet/encode.js'
import { inspectParquet } from '../../../io/parquet/inspect.js'
import { ParquetFileWriter } from '../../../io/parquet/writer.js'
import * as types from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import {
  batchOf,
  duckdbText,
  memory,
  type Row,
  readFiles,
  target,
  temporaryDirectory,
} from '../../support/parquet-files.js'

const directory = temporaryDirectory()
const schema = types.schemaOf([
  types.field('i', types.INT32),
  types.field('u', types.UINT64),
  types.field('l', types.INT64),
  types.field('f', types.FLOAT32),
  types.field('d', types.FLOAT64),
  types.field('price', types.decimal(12, 2)),
  types.field('day', types.DATE),
  types.field('text', types.UTF8),
  types.field('bytes', types.BINARY),
])

const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 5 })
const anyRow: fc.Arbitrary<Row> = fc.tuple(
  nullable(fc.integer()),
  nullable(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  nullable(fc.float()),
  nullable(fc.double()),
  nullable(fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n })),
  nullable(fc.integer({ min: -100_000, max: 100_000 })),
  nullable(fc.string({ unit: 'grapheme', maxLength: 100 })),
  nullable(fc.uint8Array({ maxLength: 20 })),
)

/** Writes the rows as one row group, from batches that are cut at the given places and used from `skipped` rows on. */
async function write(path: string, rows: readonly Row[], cuts: readonly number[], compression: 'snappy' | 'none') {
  const slices: RowGroupSlice[] = []
  const places = [...new Set([0, ...cuts.map((cut) => cut % (rows.length + 1)), rows.length])].sort((a, b) => a - b)
  for (const [index, start] of places.slice(0, -1).entries()) {
    const before = [...rows.slice(0, 3)]
    const batch: Batch = batchOf(schema, [...before, ...rows.slice(start, places[index + 1])])
    slices.push({ batch, start: before.length, length: places[index + 1] - start })
  }
  const writer = await ParquetFileWriter.open(path, schema, { overwrite: true })
  await writer.append(encodeRowGroup(target, slices, schema, { compression, dictionary: false }))
  await writer.finish()
  for (const { batch } of slices)
    for (const { blocks } of batch.columns) for (const block of blocks) memory.release(block)
}

async function hyparquetRows(path: string) {
  const bytes = readFileSync(path)
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  return parquetReadObjects({ file, compressors })
}

describe('plain chunks', () => {
  it.each(['snappy', 'none'] as const)('are read back by all readers, %s', async (compression) => {
    const path = join(directory, `${compression}.parquet`)
    const rowsAndCuts = fc.tuple(
      fc.array(anyRow, { minLength: 1, maxLength: 80 }),
      fc.array(fc.nat(), { maxLength: 3 }),
    )
    await fc.assert(
      fc.asyncProperty(rowsAndCuts, async ([rows, cuts]) => {
        await write(path, rows, cuts, compression)
        expect(await readFiles(path)).toEqual(rows)
        expect(await readFiles(path, undefined, { batchRows: 16 })).toEqual(rows)
        const others = await hyparquetRows(path)
        expect(others.map((row) => [row.i, row.l, row.d, row.text])).toEqual(
          rows.map((row) => [row[0], row[2], row[4], row[7]]),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('tell DuckDB the same, and bounds that are those of the values', async () => {
    const path = join(directory, 'bounds.parquet')
    const rows = Array.from(
      { length: 5000 },
      (_, i): Row => [
        i % 9 === 0 ? null : i * 7 - 9000,
        BigInt(i) * 2n ** 51n,
        BigInt(i - 2500) * 2n ** 50n,
        i % 100 === 0 ? Number.NaN : (i - 1000) / 8,
        i === 17 ? -0 : Math.abs(i - 17) / 4,
        BigInt(i * 31 - 77_777),
        i - 2500,
        `${i}`.padStart(5, 'ä'),
        Uint8Array.of(255, i % 256),
      ],
    )
    await write(path, rows, [1234, 1300], 'snappy')
    const found = await duckdbText(
      `select count(i), min(i), max(i), max(u), min(l), max(l), max(d), min(price), max(price), min(day), max(day), min(text)
        from '${path}'`,
    )
    const { rowGroups } = inspectParquet(path)
    const bounds = rowGroups[0].columns.map(({ statistics }) => [
      statistics?.min,
      statistics?.max,
      statistics?.nullCount,
    ])
    expect(found[0].slice(0, 3)).toEqual(['4444', '-8993', '25993'])
    expect(bounds.slice(0, 3)).toEqual([
      [-8993, 25993, 556],
      [0n, 4999n * 2n ** 51n, 0],
      [-2500n * 2n ** 50n, 2499n * 2n ** 50n, 0],
    ])
    expect(bounds[3]).toEqual([(1 - 1000) / 8, (4999 - 1000) / 8, 0])
    // Which zero there is cannot be told from statistics: the smaller may.
    expect(Object.is(bounds[4][0], -0)).toBe(true)
    expect(bounds.slice(5, 7)).toEqual([
      [-77_777n, 77_192n, 0],
      [-2500, 2499, 0],
    ])
    expect(bounds[7].slice(0, 2)).toEqual(['ä1000', 'ääää9'])
    expect(await duckdbText(`select count(*) from '${path}' where text = 'ääää7' or l = 0 or isnan(f)`)).toEqual([
      ['51'],
    ])
  })

  it('cut long columns into pages', async () => {
    const path = join(directory, 'pages.parquet')
    const text = 'volley '.repeat(500)
    const rows = Array.from(
      { length: 2000 },
      (_, i): Row => [i, null, null, null, null, null, null, `${text}${i}`, null],
    )
    await write(path, rows, [], 'snappy')
    const [group] = inspectParquet(path).rowGroups
    expect(group.columns[7].uncompressedBytes).toBeGreaterThan(7_000_000)
    expect(await readFiles(path, ['i', 'text'])).toEqual(rows.map((row) => [row[0], row[7]]))
    expect(await duckdbText(`select count(*), sum(length(text)), count(u) from '${path}'`)).toEqual([
      ['2000', String(rows.reduce((sum, row) => sum + String(row[7]).length, 0)), '0'],
    ])
  })
})
