import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeMorsel } from '../../../io/parquet/reader.js'
import { openParquetSource } from '../../../io/parquet/source.js'
import type { ParquetMorsel } from '../../../io/source.js'
import { VolleyError } from '../../../planner/errors.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import {
  duckdbRun,
  duckdbText,
  memory,
  morselsOf,
  readFiles,
  rowsOf,
  target,
  temporaryDirectory,
} from '../../support/parquet-files.js'
import { seeded } from '../../support/parquet-tables.js'

const directory = temporaryDirectory()
const path = join(directory, 'data.parquet')

beforeAll(async () => {
  await duckdbRun(`copy (
    select i, if(i % 10 = 0, null, 'word ' || i % 7) as word, 'unique ' || i as name,
      (i * 37)::decimal(9, 2) as price, [i, null] as list, if(i % 3 = 0, null, {'a': i}) as pair
    from range(6000) t(i)) to '${path}' (row_group_size 2048, compression uncompressed)`)
})

async function morsels(of = path, columns?: readonly string[]): Promise<ParquetMorsel[]> {
  return morselsOf(openParquetSource([of], 0, 'test'), columns)
}

function failureOf(work: () => unknown): VolleyError {
  try {
    work()
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('no failure')
}

/** A copy of the file in which `from` is overwritten with `to`. */
function broken(name: string, from: string, to: Uint8Array): string {
  const bytes = readFileSync(path)
  bytes.set(to, bytes.indexOf(from))
  const copy = join(directory, name)
  writeFileSync(copy, bytes)
  return copy
}

describe('decodeMorsel', () => {
  it('gives the values that DuckDB gives, for all columns in any order', async () => {
    const columns = ['pair', 'price', 'i', 'word', 'name', 'list']
    const expected = await duckdbText(
      `select pair.a, price, i, word, name, list from '${path}'`.replace('list from', 'list[1], list[2] from'),
    )
    const rows = await readFiles(path, columns)
    expect(
      rows.map(([pair, price, i, word, name, list]) => [
        pair === null ? null : String((pair as { a: bigint }).a),
        (Number(price) / 100).toFixed(2),
        String(i),
        word,
        name,
        String((list as readonly unknown[])[0]),
        (list as readonly unknown[])[1],
      ]),
    ).toEqual(expected)
  })

  it('reads only the bytes of the columns asked for', async () => {
    const [all] = await morsels()
    const [one] = await morsels(path, ['price'])
    expect(one.ranges.length).toBe(1)
    expect(decodeMorsel(one, target).bytesRead).toBe(one.ranges[0].length)
    expect(one.ranges[0].length).toBeLessThan(all.ranges.reduce((sum, range) => sum + range.length, 0) / 5)
    expect((await morsels()).map((morsel) => [morsel.rowGroup, morsel.firstRow, morsel.rows])).toEqual([
      [0, 0, 2048],
      [1, 2048, 2048],
      [2, 4096, 1904],
    ])
  })

  it('needs no bytes for rows alone', async () => {
    const [morsel] = await morsels(path, [])
    const { batches, bytesRead } = decodeMorsel(morsel, target)
    expect([morsel.ranges.length, bytesRead, batches.length, batches[0].length]).toEqual([0, 0, 1, 2048])
  })

  it('gives the same in small batches and with the codec bounded to a column at a time', async () => {
    const expected = await readFiles(path)
    expect(await readFiles(path, undefined, { batchRows: 100 })).toEqual(expected)
    expect(await readFiles(path, undefined, { codecBytes: 1 })).toEqual(expected)
    const [morsel] = await morsels()
    const { batches } = decodeMorsel(morsel, target, { batchRows: 1000, codecBytes: 1 })
    expect(batches.map((batch) => batch.length)).toEqual([1000, 1000, 48])
    expect(batches.flatMap(rowsOf)).toEqual(expected.slice(0, 2048))
  })

  it('owns all of its memory by the blocks of its columns', async () => {
    const before = memory.statistics().blocks
    const [morsel] = await morsels()
    for (const batch of decodeMorsel(morsel, target).batches) {
      for (const column of batch.columns) for (const block of column.blocks) memory.release(block)
    }
    expect(memory.statistics().blocks).toBe(before)
  })

  it('stops when cancelled', async () => {
    const [morsel] = await morsels()
    const checkCancelled = () => {
      throw new VolleyError('VOLLEY_ABORTED', 'cancelled')
    }
    expect(failureOf(() => decodeMorsel(morsel, { ...target, checkCancelled })).code).toBe('VOLLEY_ABORTED')
  })
})

describe('damage', () => {
  it('names row group, column and row of text that is not UTF-8, plain or in a dictionary', async () => {
    const plain = broken('plain.parquet', 'unique 3000', Uint8Array.of(0xff))
    const [, second] = await morsels(plain)
    const error = failureOf(() => decodeMorsel(second, target))
    expect(error.code).toBe('VOLLEY_INVALID_UTF8')
    expect(error.details).toEqual({ path: plain, rowGroup: 1, column: 'name', row: 3000 })
    const coded = broken('coded.parquet', 'word 3', Uint8Array.of(0xff))
    const [first] = await morsels(coded)
    expect(failureOf(() => decodeMorsel(first, target)).details).toMatchObject({ rowGroup: 0, column: 'word', row: 3 })
  })

  it('names the column whose pages do not decode', async () => {
    const [{ ranges }] = await morsels(path, ['price'])
    const bytes = readFileSync(path)
    bytes.fill(0xee, ranges[0].offset, ranges[0].offset + 40)
    const copy = join(directory, 'pages.parquet')
    writeFileSync(copy, bytes)
    const [morsel] = await morsels(copy)
    const error = failureOf(() => decodeMorsel(morsel, target))
    expect(error.code).toBe('VOLLEY_CORRUPT_FILE')
    expect(error.details).toEqual({ path: copy, rowGroup: 0, column: 'price' })
    expect(error.cause).toBeInstanceOf(Error)
    // Other columns can still be read, and the codec goes on working.
    expect(decodeMorsel((await morsels(copy, ['i']))[0], target).batches[0].length).toBe(2048)
  })

  it('fails with a code whatever bytes are changed, and reads on afterwards', async () => {
    const draw = seeded(11)
    const bytes = readFileSync(path)
    const [{ ranges }] = await morsels()
    for (let round = 0; round < 60; round++) {
      const copy = Buffer.from(bytes)
      for (let i = 0; i < 3; i++) {
        const range = ranges[Math.floor(draw() * ranges.length)]
        // Page headers are near the start of a chunk: they make for the strangest damage.
        copy[range.offset + Math.floor(draw() ** 3 * range.length)] = Math.floor(draw() * 256)
      }
      const damaged = join(directory, 'fuzz.parquet')
      writeFileSync(damaged, copy)
      try {
        decodeMorsel((await morsels(damaged))[0], target)
      } catch (error) {
        expect(error).toBeInstanceOf(VolleyError)
      }
    }
    expect((await readFiles(path, ['i'])).length).toBe(6000)
  })

  it('notices that the file became shorter or was replaced', async () => {
    const copy = join(directory, 'changing.parquet')
    writeFileSync(copy, readFileSync(path))
    const planned = await morsels(copy)
    appendFileSync(copy, 'x')
    expect(failureOf(() => decodeMorsel(planned[0], target)).code).toBe('VOLLEY_IO')
    truncateSync(copy, 20_000)
    expect(failureOf(() => decodeMorsel(planned[2], target)).code).toBe('VOLLEY_TRUNCATED_FILE')
  })
})
