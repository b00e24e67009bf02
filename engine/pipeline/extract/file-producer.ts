/** Files of every format that the engine reads, one after the other. */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CsvSource } from '../../../io/csv/csv-source.js'
import { extensionsOf, isTabSeparated } from '../../../io/file-format.js'
import { IpcSource } from '../../../io/ipc/ipc-source.js'
import { NdjsonSource } from '../../../io/ndjson/ndjson-source.js'
import { openParquetSource } from '../../../io/parquet/source.js'
import { expandPaths } from '../../../io/paths.js'
import type { BatchMorsel, Source } from '../../../io/source.js'
import { unreachable, VolleyError } from '../../../planner/errors.js'
import type { FileFormat, SourceDefinition } from '../../../planner/pipeline/definition.js'
import { type DataType, type Schema, typeName } from '../../../planner/types.js'
import { checkCsvScan, checkNdjsonScan, checkParquetScan } from '../../scan-options.js'
import { comesFrom } from '../errors/origins.js'
import type { PipelineServices } from '../services.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import { ParquetProducer } from './parquet-producer.js'
import type { ProducerSetting } from './setting.js'
import { slicesOf } from './slices.js'

export type FileSourceDefinition = Extract<SourceDefinition, { kind: 'file' }>

/** Files are taken in the order of `paths`, those of a glob or directory sorted. Throws VOLLEY_FILE_NOT_FOUND. */
export async function openFileProducer(source: FileSourceDefinition, setting: ProducerSetting): Promise<Producer> {
  const { format, options } = source
  const paths = source.paths.map((path) => resolve(setting.directory, path))
  const files = expandPaths(paths, extensionsOf(format))
  const fingerprint = { format, files: files.map(fileState), options: JSON.parse(JSON.stringify(options)) as Json }
  if (format === 'parquet') {
    const opened = openParquetSource(files, 0, setting.id, checkParquetScan(options))
    return new ParquetProducer(opened, fingerprint, setting)
  }
  const first = await openFile(format, files[0], options, null, setting.services)
  return new FileProducer(format, files, options, first.schema, fingerprint, setting)
}

interface Position {
  readonly file: number
  /** Rows of the file that were taken. */
  readonly row: number
}

class FileProducer implements Producer {
  readonly bounded = true
  readonly isResumable = true
  readonly rows = null

  constructor(
    private readonly format: Exclude<FileFormat, 'parquet'>,
    private readonly files: readonly string[],
    private readonly options: FileSourceDefinition['options'],
    readonly schema: Schema,
    readonly fingerprint: Json,
    private readonly setting: ProducerSetting,
  ) {}

  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const { services, batchRows } = this.setting
    const start = (position as unknown as Position | null) ?? { file: 0, row: 0 }
    const columns = this.schema.fields.map(({ name }) => name)
    for (let file = start.file; file < this.files.length; file++) {
      const path = this.files[file]
      const source = await openFile(this.format, path, this.options, this.schema, services)
      requireSame(this.schema, source.schema, this.files[0], path)
      const taken = file === start.file ? start.row : 0
      // These formats are decoded here, not by workers.
      const morsels = source.morsels({ columns, predicate: null }, services.target) as AsyncIterable<BatchMorsel>
      for await (const { batch, firstRow } of morsels) {
        services.run.counts.rowsIn += batch.length
        const skipped = Math.min(batch.length, Math.max(0, taken - firstRow))
        const read = comesFrom({ ...batch, schema: this.schema }, { path, rowGroup: null, row: firstRow })
        for (const slice of slicesOf(read, batchRows, services, skipped)) {
          const reached: Position = { file, row: firstRow + slice.end }
          yield { batch: slice.batch, position: reached as unknown as Json }
        }
      }
    }
  }

  async close(): Promise<void> {}
}

/** Opens one file; with the schema of another, its columns are read as that says. */
async function openFile(
  format: Exclude<FileFormat, 'parquet'>,
  path: string,
  options: FileSourceDefinition['options'],
  schema: Schema | null,
  { memory }: PipelineServices,
): Promise<Source> {
  const types = schema === null ? {} : { types: typesOf(schema) }
  switch (format) {
    case 'arrow':
      return IpcSource.open(0, [path], memory)
    case 'csv': {
      const delimiter = isTabSeparated(path) ? { delimiter: '\t' } : {}
      return CsvSource.open(0, [path], { ...delimiter, ...checkCsvScan(options), ...types })
    }
    case 'ndjson':
      return NdjsonSource.open(0, [path], { ...checkNdjsonScan(options), ...types })
    default:
      return unreachable(format)
  }
}

function typesOf(schema: Schema): Readonly<Record<string, DataType>> {
  return Object.fromEntries(schema.fields.map(({ name, type }) => [name, type]))
}

function requireSame(expected: Schema, actual: Schema, first: string, path: string): void {
  const describe = ({ fields }: Schema) => fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
  const sorted = ({ fields }: Schema) => ({ fields: [...fields].sort((a, b) => (a.name < b.name ? -1 : 1)) })
  if (describe(sorted(expected)) === describe(sorted(actual))) return
  throw new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `${path} has columns (${describe(actual)}), but ${first} has (${describe(expected)})`,
    { path, expected: describe(expected), actual: describe(actual) },
  )
}

/** What tells a file from another, or from itself at another time. */
function fileState(path: string): Json {
  const { size, mtimeMs } = statSync(path)
  return { path, bytes: size, modifiedMs: mtimeMs }
}
