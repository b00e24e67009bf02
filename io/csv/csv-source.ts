/** Reads CSV files. */

import { VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { type Field, field, type Schema, schemaOf, typeName } from '../../planner/types.js'
import { describeValue } from '../describe-value.js'
import { projectSchema, RowBatches } from '../row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from '../source.js'
import { fileBytes } from '../text-input.js'
import { type CsvFormat, type CsvReadOptions, csvFormat } from './csv-options.js'
import { type CsvRecord, csvRecords } from './csv-records.js'
import { type FieldParser, fieldParser, inferType } from './csv-types.js'

const SAMPLE_ROWS = 20_000

export class CsvSource implements Source {
  readonly format = 'csv'
  readonly bounded = true

  private constructor(
    readonly id: number,
    readonly label: string,
    readonly schema: Schema,
    private readonly paths: readonly string[],
    private readonly bytes: number,
    private readonly reading: Reading,
  ) {}

  /** Reads the first records of the first file: their number, names and values make the schema of all. */
  static async open(id: number, paths: readonly string[], options: CsvReadOptions = {}): Promise<CsvSource> {
    if (paths.length === 0) throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'no CSV files given')
    const reading: Reading = {
      format: csvFormat(options),
      header: options.header ?? true,
      nullStrings: new Set(options.nullStrings ?? ['']),
    }
    const bytes = fileBytes(paths)
    const schema = await findSchema(paths[0], reading, options)
    for (const f of schema.fields) fieldParser(f.type, f.name)
    const label = paths.length === 1 ? paths[0] : `${paths.length} files`
    return new CsvSource(id, label, schema, paths, bytes, reading)
  }

  estimate(): ScanEstimate {
    return { rows: null, bytes: this.bytes, rowGroups: null }
  }

  async *morsels(request: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    const projected = projectSchema(this.schema, request.columns)
    const columns = projected.fields.map((f) => new Column(f, this.schema.fields.indexOf(f), this.reading.nullStrings))
    const batches = new RowBatches(projected, target)
    for (const path of this.paths) {
      for await (const records of dataRecords(path, this.reading, this.schema)) {
        target.checkCancelled()
        for (const record of records) {
          batches.append((column) => columns[column].value(record, path))
          if (batches.full) yield batches.take()
        }
      }
    }
    if (batches.pending > 0) yield batches.take()
  }

  async close(): Promise<void> {}
}

interface Reading {
  readonly format: CsvFormat
  readonly header: boolean
  readonly nullStrings: ReadonlySet<string>
}

class Column {
  private readonly parse: FieldParser

  constructor(
    private readonly field: Field,
    private readonly position: number,
    private readonly nullStrings: ReadonlySet<string>,
  ) {
    this.parse = fieldParser(field.type, field.name)
  }

  value(record: CsvRecord, path: string): ScalarValue {
    const text = record.fields[this.position]
    if (this.nullStrings.has(text)) return null
    const value = this.parse(text)
    // Nothing is no number; whether it is a text, the null strings say.
    if (value === null && text !== '') throw this.mismatch(text, record.line, path)
    return value
  }

  private mismatch(text: string, line: number, path: string): VolleyError {
    const column = this.field.name
    const expected = typeName(this.field.type)
    const actual = describeValue(text)
    return new VolleyError(
      'VOLLEY_BAD_RECORD',
      `${path}, line ${line}, column ${column}: expected ${expected}, got ${actual}; give the column another type`,
      { path, line, column, expected, actual },
    )
  }
}

async function findSchema(path: string, reading: Reading, options: CsvReadOptions): Promise<Schema> {
  const limit = options.sampleRows ?? SAMPLE_ROWS
  const sample: CsvRecord[] = []
  let names: readonly string[] | null = null
  for await (const records of csvRecords(path, reading.format)) {
    for (const record of records) {
      if (names === null) {
        names = reading.header ? columnNames(record.fields) : record.fields.map((_, index) => `column${index}`)
        if (reading.header) continue
      }
      if (isEmptyLine(record, names.length)) continue
      requireLength(record, names.length, path)
      sample.push(record)
    }
    if (sample.length >= limit) break
  }
  if (names === null) throw new VolleyError('VOLLEY_BAD_RECORD', `${path} is empty: it has no columns`, { path })
  const types = options.types ?? {}
  for (const name of Object.keys(types)) {
    if (!names.includes(name)) {
      const message = `a type is given for column ${name}, but ${path} has ${names.join(', ')}`
      throw new VolleyError('VOLLEY_UNKNOWN_COLUMN', message, { column: name, path })
    }
  }
  return schemaOf(
    names.map((name, index) => {
      if (Object.hasOwn(types, name)) return field(name, types[name])
      const texts = sample.map((record) => record.fields[index])
      return field(name, inferType(texts.filter((text) => !reading.nullStrings.has(text))))
    }),
  )
}

/** As DuckDB names them: `column1` for an empty name, `a_1` for a second `a`. */
function columnNames(header: readonly string[]): string[] {
  const names: string[] = []
  for (const [index, text] of header.entries()) {
    const name = text === '' ? `column${index}` : text
    let unique = name
    for (let suffix = 1; names.includes(unique); suffix++) unique = `${name}_${suffix}`
    names.push(unique)
  }
  return names
}

/** The records below the header, all of the schema's length. */
async function* dataRecords(path: string, reading: Reading, schema: Schema): AsyncGenerator<readonly CsvRecord[]> {
  const length = schema.fields.length
  let headerSeen = !reading.header
  for await (const records of csvRecords(path, reading.format)) {
    let start = 0
    if (!headerSeen && records.length > 0) {
      requireHeader(records[0], schema, path)
      headerSeen = true
      start = 1
    }
    const data: CsvRecord[] = []
    for (let index = start; index < records.length; index++) {
      const record = records[index]
      if (isEmptyLine(record, length)) continue
      requireLength(record, length, path)
      data.push(record)
    }
    yield data
  }
}

/** Of several columns, an empty line is none; of a single one, it is a NULL. */
function isEmptyLine(record: CsvRecord, columns: number): boolean {
  return columns > 1 && record.fields.length === 1 && record.fields[0] === ''
}

function requireLength(record: CsvRecord, expected: number, path: string): void {
  const actual = record.fields.length
  if (actual === expected) return
  throw new VolleyError(
    'VOLLEY_BAD_RECORD',
    `${path}, line ${record.line}: expected ${expected} fields, got ${actual}`,
    {
      path,
      line: record.line,
      expected: `${expected} fields`,
      actual: `${actual} fields`,
    },
  )
}

function requireHeader(record: CsvRecord, schema: Schema, path: string): void {
  const actual = columnNames(record.fields).join(', ')
  const expected = schema.fields.map((f) => f.name).join(', ')
  if (actual === expected) return
  throw new VolleyError('VOLLEY_SCHEMA_MISMATCH', `${path} has columns (${actual}), expected (${expected})`, {
    path,
    expected,
    actual,
  })
}
