/** Parquet files as a source of morsels: one for each row group that statistics do not rule out. */

import * as arrow from 'apache-arrow'
import { VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { type ColumnStatistics, mayMatch } from '../../planner/prune.js'
import { type Field, type Schema, schemaOf, typeName, typesEqual } from '../../planner/types.js'
import type { ColumnConstant, ParquetMorsel, ScanEstimate, ScanRequest, Source } from '../source.js'
import { hiveColumns } from './hive.js'
import { Repetition, type SchemaNode } from './metadata.js'
import { openParquet, type ParquetFileInfo } from './open-file.js'
import { chunksOf, planMorsel } from './read-plan.js'
import { columnStatistics } from './statistics.js'
import { unlikeDuckDb } from './unlike-duckdb.js'

export interface ParquetSourceOptions {
  /** Add the columns that `key=value` directories carry. Default true. */
  readonly hivePartitioning?: boolean
}

/**
 * Opens files of one schema. Throws as `openParquet` does, and VOLLEY_SCHEMA_MISMATCH naming file, column, expected and
 * actual type where a file differs from the first.
 */
export function openParquetSource(
  paths: readonly string[],
  id: number,
  label: string,
  options: ParquetSourceOptions = {},
): ParquetSource {
  const files = paths.map((path) => openParquet(path))
  for (const file of files.slice(1)) expectSameSchema(files[0], file)
  const hive = hiveColumns(options.hivePartitioning === false ? [] : paths)
  // A column of the file wins over a directory of the same name.
  const own = new Set(files[0].schema.fields.map((field) => field.name))
  const added = hive.fields.filter((field) => !own.has(field.name))
  const constants = files.map((_, i) => (hive.values[i] ?? []).filter((constant) => !own.has(constant.name)))
  const fields = files[0].schema.fields.map((field) => widestNullability(field, files))
  return new ParquetSource(id, label, schemaOf([...fields, ...added]), files, constants)
}

function expectSameSchema(first: ParquetFileInfo, other: ParquetFileInfo): void {
  const { path } = other
  for (const [index, expected] of first.schema.fields.entries()) {
    const actual = other.schema.fields.find((field) => field.name === expected.name)
    if (actual !== undefined && typesEqual(actual.type, expected.type)) continue
    const found = actual === undefined ? 'it is missing' : typeName(actual.type)
    throw new VolleyError(
      'VOLLEY_SCHEMA_MISMATCH',
      `${path}: column ${expected.name}: expected ${typeName(expected.type)} as in ${first.path}, found ${found}`,
      { path, column: expected.name, expected: typeName(expected.type), actual: found, position: index },
    )
  }
  const known = new Set(first.schema.fields.map((field) => field.name))
  const extra = other.schema.fields.find((field) => !known.has(field.name))
  if (extra === undefined) return
  throw new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `${path}: column ${extra.name} of type ${typeName(extra.type)} is not in ${first.path}`,
    { path, column: extra.name, expected: 'no such column', actual: typeName(extra.type) },
  )
}

function widestNullability(field: Field, files: readonly ParquetFileInfo[]): Field {
  const isNullable = files.some((file) => file.schema.fields.some((own) => own.name === field.name && own.nullable))
  return { ...field, nullable: isNullable }
}

export class ParquetSource implements Source {
  readonly format = 'parquet'
  readonly bounded = true
  readonly isImmediate = true

  constructor(
    readonly id: number,
    readonly label: string,
    readonly schema: Schema,
    readonly files: readonly ParquetFileInfo[],
    private readonly constants: readonly (readonly ColumnConstant[])[],
  ) {}

  /** The value in each file of a column that names of directories give; null for columns of the files. */
  constantsOf(name: string): readonly ScalarValue[] | null {
    const values = this.constants.map((own) => own.find((constant) => constant.name === name))
    return values.every((constant) => constant !== undefined) ? values.map(({ value }) => value) : null
  }

  /** Why DuckDB would read a column otherwise, as a clause; null if it would not. */
  unlikeDuckDb(name: string): string | null {
    for (const { metadata, schema } of this.files) {
      const field = schema.fields.find((own) => own.name === name)
      const reason = field === undefined ? null : unlikeDuckDb(metadata, name, field.type)
      if (reason !== null) return reason
    }
    return null
  }

  estimate(request: ScanRequest): ScanEstimate {
    let rows = 0
    let bytes = 0
    let read = 0
    let total = 0
    let largestMorselBytes = 0
    for (const [index, file] of this.files.entries()) {
      total += file.metadata.rowGroups.length
      const nodes = nodesOf(file, request.columns)
      for (const rowGroup of this.matching(index, request)) {
        read++
        rows += file.metadata.rowGroups[rowGroup].rows
        const chunks = nodes.flatMap((node) => chunksOf(file.metadata, rowGroup, node))
        bytes += chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0)
        const uncompressed = chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0)
        largestMorselBytes = Math.max(largestMorselBytes, uncompressed)
      }
    }
    return { rows, bytes, rowGroups: { total, read }, largestMorselBytes }
  }

  async *morsels(request: ScanRequest): AsyncGenerator<ParquetMorsel> {
    const schema = this.requestedSchema(request)
    for (const [index, file] of this.files.entries()) {
      const constants = this.constants[index].filter((constant) => request.columns.includes(constant.name))
      const firstRows = firstRowsOf(file)
      for (const rowGroup of this.matching(index, request)) {
        yield planMorsel(arrow, file, rowGroup, firstRows[rowGroup], schema, constants)
      }
    }
  }

  async close(): Promise<void> {
    // Files are open only while they are read.
  }

  private requestedSchema(request: ScanRequest): Schema {
    return schemaOf(request.columns.map((name) => this.schema.fields.find((field) => field.name === name) as Field))
  }

  /** Row groups with rows, of which some may satisfy the predicate. */
  private *matching(fileIndex: number, request: ScanRequest): Generator<number> {
    const file = this.files[fileIndex]
    for (const [rowGroup, { rows }] of file.metadata.rowGroups.entries()) {
      if (rows === 0) continue
      if (request.predicate !== null) {
        const statistics = (column: number) => this.statistics(fileIndex, rowGroup, request.columns[column])
        if (!mayMatch(request.predicate, statistics, rows)) continue
      }
      yield rowGroup
    }
  }

  private statistics(fileIndex: number, rowGroup: number, name: string): ColumnStatistics | null {
    const file = this.files[fileIndex]
    const constant = this.constants[fileIndex].find((own) => own.name === name)
    if (constant !== undefined) return constantStatistics(constant.value, file.metadata.rowGroups[rowGroup].rows)
    const [node] = nodesOf(file, [name])
    const field = file.schema.fields.find((own) => own.name === name)
    if (node === undefined || node.physical === null || field === undefined || node.repetition === Repetition.REPEATED)
      return null
    return columnStatistics(chunksOf(file.metadata, rowGroup, node)[0], field.type)
  }
}

function nodesOf(file: ParquetFileInfo, names: readonly string[]): SchemaNode[] {
  return file.metadata.root.children.filter((node) => names.includes(node.name))
}

function constantStatistics(value: ScalarValue, rows: number): ColumnStatistics {
  return { min: value, max: value, exact: true, nullCount: value === null ? rows : 0 }
}

function firstRowsOf(file: ParquetFileInfo): number[] {
  let row = 0
  return file.metadata.rowGroups.map((group) => {
    row += group.rows
    return row - group.rows
  })
}
