import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { inspectParquet } from '../../../io/parquet/inspect.js'
import { DATE, decimal, field, INT32, INT64, schemaOf, UINT32, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { batchOf, duckdbText, type Row, readFiles, temporaryDirectory, writeFile } from '../../support/parquet-files.js'

const directory = temporaryDirectory()
const words = ['', 'one', 'zwei', 'drei 🎈', 'x'.repeat(100)]
const schema = schemaOf([
  field('i', INT32),
  field('u', UINT32),
  field('l', INT64),
  field('d', decimal(10, 2)),
  field('day', DATE),
])

/** Runs of any length, alternations and nulls: both kinds of runs and the borders between them. */
const pieces = fc.array(fc.tuple(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 5 }), fc.boolean()), {
  minLength: 1,
  maxLength: 30,
})

function valuesOf(runs: readonly (readonly [number, number, boolean])[]): (number | null)[] {
  return runs.flatMap(([length, value, alternates]) =>
    Array.from({ length }, (_, i) => (alternates && i % 3 === 1 ? null : alternates ? (value + i) % 6 : value)),
  )
}

async function readByOthers(path: string, names: string) {
  const bytes = readFileSync(path)
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  return {
    duckdb: await duckdbText(`select ${names} from '${path}'`),
    hyparquet: await parquetReadObjects({ file: buffer, compressors }),
  }
}

describe('dictionary chunks', () => {
  for (const compression of ['snappy', 'lz4', 'none'] as const) {
    it(`are read back by all readers with ${compression}`, async () => {
      await fc.assert(
        fc.asyncProperty(pieces, async (runs) => {
          const values = valuesOf(runs)
          fc.pre(values.length > 0)
          const rows = values.map(
            (value): Row =>
              value === null
                ? schema.fields.map(() => null)
                : [value - 3, 2 ** 31 + value, BigInt(value) * -(2n ** 40n), BigInt(value), value],
          )
          const path = join(directory, `${compression}.parquet`)
          await writeFile(path, [batchOf(schema, rows)], {
            compression,
            dictionary: true,
            overwrite: true,
            rowGroupSize: 500,
          })
          expect(await readFiles(path)).toEqual(rows)
          const { duckdb, hyparquet } = await readByOthers(path, 'i, u, l')
          const texts = rows.map((row) => row.slice(0, 3).map((value) => (value === null ? null : String(value))))
          expect(duckdb).toEqual(texts)
          expect(hyparquet.map(({ i, l }) => [i ?? null, l ?? null])).toEqual(rows.map((row) => [row[0], row[2]]))
        }),
        { seed: 5, numRuns: 12 },
      )
    })
  }

  it('keep words of several dictionaries apart', async () => {
    const text = schemaOf([field('t', UTF8)])
    const coded = (dictionary: readonly string[], codes: readonly (number | null)[]) => {
      const [values] = batchOf(
        schemaOf([field('c', INT32)]),
        codes.map((code) => [code]),
      ).columns
      const entries = batchOf(
        text,
        dictionary.map((word) => [word]),
      ).columns[0]
      return { schema: text, length: codes.length, columns: [{ ...values, type: UTF8, dictionary: entries }] }
    }
    const codes = Array.from({ length: 400 }, (_, i) => (i % 9 === 0 ? null : i % 5))
    const path = join(directory, 'words.parquet')
    await writeFile(path, [coded(words, codes), coded([...words].reverse(), codes)], { rowGroupSize: 1000 })
    const expected = [words, [...words].reverse()].flatMap((own) =>
      codes.map((code) => [code === null ? null : own[code]]),
    )
    expect(await readFiles(path)).toEqual(expected)
    const { duckdb, hyparquet } = await readByOthers(path, 't')
    expect(duckdb).toEqual(expected)
    expect(hyparquet.map(({ t }) => [t ?? null])).toEqual(expected)
    const [chunk] = inspectParquet(path).rowGroups[0].columns
    expect(chunk.encodings).toEqual(['PLAIN', 'RLE', 'RLE_DICTIONARY'])
    expect(chunk.statistics?.nullCount).toBe(codes.filter((code) => code === null).length * 2)
  })

  it('state bounds in the order of the type', async () => {
    const rows = Array.from(
      { length: 100 },
      (_, i): Row => [(i % 4) - 2, 2 ** 31 * (i % 2), BigInt(i % 4) - 2n, -5n, -(i % 3)],
    )
    const path = join(directory, 'bounds.parquet')
    await writeFile(path, [batchOf(schema, rows)])
    const [group] = inspectParquet(path).rowGroups
    expect(group.columns.map(({ statistics }) => [statistics?.min, statistics?.max, statistics?.exact])).toEqual([
      [-2, 1, true],
      [0, 2 ** 31, true],
      [-2n, 1n, true],
      [-5n, -5n, true],
      [-2, 0, true],
    ])
  })
})
