/** Writes and reads small Parquet files for tests, through DuckDB, through our own code and through hyparquet. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { instantiateKernels } from '../../engine/kernels/context.js'
import { SharedMemory } from '../../engine/memory/shared-memory.js'
import type { Batch } from '../../io/batch.js'
import { type EncodeOptions, encodeRowGroup } from '../../io/parquet/encode.js'
import type { PageTarget } from '../../io/parquet/page-kernels.js'
import { type DecodeOptions, decodeMorsel } from '../../io/parquet/reader.js'
import { RowGroupAssembler } from '../../io/parquet/row-group-assembler.js'
import { openParquetSource, type ParquetSource } from '../../io/parquet/source.js'
import { ParquetFileWriter, type ParquetWriterOptions } from '../../io/parquet/writer.js'
import type { ParquetMorsel } from '../../io/source.js'
import { readValue } from '../../io/values.js'
import { vectorFromValues } from '../../io/vector-from-values.js'
import type { ScalarValue } from '../../planner/expression.js'
import type { Schema } from '../../planner/types.js'
import { afterAll } from './jest.js'

export const memory = SharedMemory.create(512 * 2 ** 20)
export const target: PageTarget = {
  memory: memory.views,
  wasm: instantiateKernels(memory),
  allocate: memory.allocate,
  release: memory.release,
  checkCancelled: () => undefined,
}

/** A directory that is removed after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'volley-parquet-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export type Row = readonly ScalarValue[]

/** Runs SQL in a DuckDB of its own; values as DuckDB's text, which is exact for every type. */
export async function duckdbText(sql: string): Promise<(string | null)[][]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  try {
    await connection.run("set timezone = 'UTC'")
    const reader = await connection.runAndReadAll(`select columns(*)::varchar from (${sql})`)
    return reader.getRows() as (string | null)[][]
  } finally {
    connection.closeSync()
  }
}

export async function duckdbRun(sql: string): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  try {
    await connection.run(sql)
  } finally {
    connection.closeSync()
  }
}

export function batchOf(schema: Schema, rows: readonly Row[]): Batch {
  const columns = schema.fields.map((field, index) =>
    vectorFromValues(
      field.type,
      rows.map((row) => row[index]),
      memory.views,
      memory.allocate,
    ),
  )
  return { schema, length: rows.length, columns }
}

/** Writes batches with our writer. */
export async function writeFile(
  path: string,
  batches: readonly Batch[],
  options: Partial<EncodeOptions> & ParquetWriterOptions & { rowGroupSize?: number } = {},
): Promise<void> {
  const { schema } = batches[0]
  const writer = await ParquetFileWriter.open(path, schema, options)
  const assembler = new RowGroupAssembler(options.rowGroupSize)
  const encode = { compression: options.compression ?? 'snappy', dictionary: options.dictionary } as const
  for (const batch of batches) {
    for (const slices of assembler.push(batch)) {
      await writer.append(encodeRowGroup(target, slices, schema, encode))
    }
  }
  const rest = assembler.finish()
  if (rest !== null) await writer.append(encodeRowGroup(target, rest, schema, encode))
  await writer.finish()
}

export async function morselsOf(source: ParquetSource, columns?: readonly string[]): Promise<ParquetMorsel[]> {
  const morsels: ParquetMorsel[] = []
  const request = { columns: columns ?? source.schema.fields.map((field) => field.name), predicate: null }
  for await (const morsel of source.morsels(request)) morsels.push(morsel)
  return morsels
}

/** All rows of files, read with our reader. */
export async function readFiles(
  paths: string | readonly string[],
  columns?: readonly string[],
  options: DecodeOptions = {},
): Promise<Row[]> {
  const source = openParquetSource(typeof paths === 'string' ? [paths] : paths, 0, 'test')
  const rows: Row[] = []
  for (const morsel of await morselsOf(source, columns)) {
    for (const batch of decodeMorsel(morsel, target, options).batches) rows.push(...rowsOf(batch))
  }
  return rows
}

export function rowsOf(batch: Batch): Row[] {
  return Array.from({ length: batch.length }, (_, row) =>
    batch.columns.map((column) => readValue(memory.views, column, row)),
  )
}
