import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import { releaseBatch } from '../../../io/block-sharing.js'
import { withCodec } from '../../../io/parquet/codec.js'
import { decodeOwnColumns } from '../../../io/parquet/decode/own-columns.js'
import { decodeMorsel } from '../../../io/parquet/reader.js'
import { openParquetSource } from '../../../io/parquet/source.js'
import type { ParquetMorsel } from '../../../io/source.js'
import { describe, expect, it } from '../../support/jest.js'
import {
  duckdbRun,
  memory,
  morselsOf,
  type Row,
  rowsOf,
  target,
  temporaryDirectory,
} from '../../support/parquet-files.js'

const directory = temporaryDirectory()
const path = join(directory, 'data.parquet')

async function morsels(of = path): Promise<ParquetMorsel[]> {
  return morselsOf(openParquetSource([of], 0, 'test'))
}

/** Rows of a morsel, and which of its columns needed no codec. */
function read(morsel: ParquetMorsel): { rows: Row[]; own: string[] } {
  const { vectors } = decodeOwnColumns(morsel, morsel.schema.fields, target)
  for (const vector of vectors.values()) for (const block of vector.blocks) memory.release(block)
  return { rows: decoded(morsel), own: [...vectors.keys()] }
}

/** Batches of fewer rows than the row group has come from the codec alone. */
function decoded(morsel: ParquetMorsel, options = {}): Row[] {
  const { batches } = decodeMorsel(morsel, target, options)
  const rows = batches.flatMap(rowsOf)
  for (const batch of batches) releaseBatch(memory, batch)
  return rows
}

function expectLikeCodec(morsel: ParquetMorsel, expected: readonly string[]): void {
  const blocks = memory.statistics().blocks
  const { rows, own } = read(morsel)
  expect(rows).toEqual(decoded(morsel, { batchRows: Math.max(1, Math.ceil(morsel.rows / 2)) }))
  expect(own).toEqual(expected)
  expect(memory.statistics().blocks).toBe(blocks)
}

/** Each with few and with many different values; `n` rows, of which every `k`th is null. */
const COLUMNS: Readonly<Record<string, string>> = {
  int32: '(i * 7919 - 40000)::integer',
  uint32: '(4294967295 - i)::uinteger',
  int64: '(case i % 3 when 0 then 9223372036854775807 when 1 then -9223372036854775808 else i end)::bigint',
  few: '(i % 5)::bigint',
  float: "(case i % 4 when 0 then 'nan' when 1 then '-0' when 2 then '-inf' else i / 3 end)::float",
  double: "(case i % 4 when 0 then 'nan' when 1 then '-0' when 2 then 'inf' else i / 3 end)::double",
  price: '(i * 37 - 5000)::decimal(15, 2)',
  narrow: '(i % 900 - 500)::decimal(6, 3)',
  day: "date '1969-12-30' + (i % 40)::integer",
  moment: "timestamp '1969-12-31 23:59:59.999999' + to_microseconds(i * 12345)",
  nanos: 'make_timestamp_ns(i * 1234567 - 5)',
  clock: "time '00:00:01' + to_microseconds(i)",
  flag: 'i % 3 = 0',
  word: "['', 'ä', 'drei 🎈', 'four'][1 + i % 4]",
  text: "repeat('é', (i % 11)::integer) || i",
  bytes: "encode('b' || i)",
}

describe('decodeOwnColumns', () => {
  const shapes = fc.record({
    rows: fc.constantFrom(2, 7, 64, 65, 1000, 2500),
    nullEvery: fc.constantFrom(0, 1, 2, 3, 50, 100_000),
    compression: fc.constantFrom('snappy', 'uncompressed'),
    version: fc.constantFrom('v1', 'v2'),
    dictionary: fc.constantFrom(1, 1_000_000),
  })

  it('gives what the codec gives of files that DuckDB wrote', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ rows, nullEvery, compression, version, dictionary }) => {
        // The codec does not read large unsigned integers that are stored as differences.
        const known = Object.entries(COLUMNS).filter(([name]) => name !== 'uint32' || version === 'v1')
        const columns = known.map(([name, value]) =>
          nullEvery === 0 ? `${value} as ${name}` : `if(i % ${nullEvery} = 0, null, ${value}) as ${name}`,
        )
        await duckdbRun(`copy (select ${columns} from range(${rows}) t(i)) to '${path}' (format parquet,
          row_group_size 2048, compression ${compression}, parquet_version ${version}, dictionary_size_limit ${dictionary})`)
        for (const morsel of await morsels()) {
          const blocks = memory.statistics().blocks
          expect(read(morsel).rows).toEqual(decoded(morsel, { batchRows: Math.ceil(morsel.rows / 2) }))
          expect(memory.statistics().blocks).toBe(blocks)
        }
      }),
      { numRuns: 5 },
    )
  })

  it.each(['snappy', 'uncompressed'])('needs no codec for the plain files of DuckDB, %s', async (compression) => {
    const columns = Object.entries(COLUMNS).map(([name, value]) => `if(i % 10 = 0, null, ${value}) as ${name}`)
    await duckdbRun(`copy (select ${columns} from range(3000) t(i)) to '${path}' (compression ${compression})`)
    for (const morsel of await morsels()) expectLikeCodec(morsel, Object.keys(COLUMNS))
  })

  it('takes pages of any size, dictionaries that are given up, and both versions of pages', async () => {
    const shape = fc.record({
      rows: fc.integer({ min: 2, max: 1500 }),
      distinct: fc.constantFrom(1, 3, 300, 3000),
      nullEvery: fc.constantFrom(2, 7, 100_000),
      pageBytes: fc.constantFrom(50, 500, 100_000),
      dictionaryBytes: fc.constantFrom(50, 2000, 100_000),
      isSecond: fc.boolean(),
      compression: fc.constantFrom('SNAPPY', 'UNCOMPRESSED'),
    })
    await fc.assert(
      fc.asyncProperty(shape, async ({ rows, distinct, nullEvery, ...settings }) => {
        const column = <T>(value: (i: number) => T) =>
          Array.from({ length: rows }, (_, i) => (i % nullEvery === 1 ? null : value((i * 7919) % distinct)))
        const table = tableFromArrays({
          whole: Int32Array.from({ length: rows }, (_, i) => (i * 31) % distinct),
          large: BigInt64Array.from({ length: rows }, (_, i) => BigInt((i * 31) % distinct) << 40n),
          number: column((i) => i / 7),
          text: column((i) => `${i}`.repeat(i % 9)),
          flag: column((i) => i % 2 === 0),
        })
        withCodec((codec) => {
          const properties = new codec.WriterPropertiesBuilder()
            .setCompression(codec.Compression[settings.compression as 'SNAPPY'])
            .setDataPageSizeLimit(settings.pageBytes)
            .setDictionaryPageSizeLimit(settings.dictionaryBytes)
            .setWriteBatchSize(64)
            .setWriterVersion(settings.isSecond ? codec.WriterVersion.V2 : codec.WriterVersion.V1)
            .build()
          const written = codec.writeParquet(codec.Table.fromIPCStream(tableToIPC(table, 'stream')), properties)
          writeFileSync(path, written)
        })
        for (const morsel of await morsels()) {
          const { rows: found } = read(morsel)
          expect(found).toEqual(decoded(morsel, { batchRows: Math.max(1, Math.ceil(morsel.rows / 2)) }))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('leaves damaged chunks to the codec, and no block behind', async () => {
    const columns = Object.entries(COLUMNS).map(([name, value]) => `if(i % 10 = 0, null, ${value}) as ${name}`)
    await duckdbRun(`copy (select ${columns} from range(500) t(i)) to '${path}' (compression snappy)`)
    const whole = readFileSync(path)
    const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8)
    const damaged = join(directory, 'damaged.parquet')
    const blocks = memory.statistics().blocks
    const changes = fc.array(fc.tuple(fc.integer({ min: 4, max: footer - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(changes, async (bytes) => {
        const copy = Buffer.from(whole)
        for (const [at, byte] of bytes) copy[at] = byte
        writeFileSync(damaged, copy)
        const [morsel] = await morsels(damaged)
        const { vectors } = decodeOwnColumns(morsel, morsel.schema.fields, target)
        for (const vector of vectors.values()) for (const block of vector.blocks) memory.release(block)
        expect(memory.statistics().blocks).toBe(blocks)
      }),
      { numRuns: 100 },
    )
  })
})
