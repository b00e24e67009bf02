/** Reads files of JSON objects, one a line. */

import { VolleyError } from '../../planner/errors.js'
import { type DataType, field, type Schema, schemaOf } from '../../planner/types.js'
import { isRecord } from '../records/convert.js'
import { inferSchema } from '../records/infer.js'
import { recordValue } from '../records/row.js'
import { projectSchema, RowBatches } from '../row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from '../source.js'
import { fileBytes, textChunks } from '../text-input.js'
import { parseExactJson } from './exact-json.js'

export interface NdjsonReadOptions {
  /** Types of some or all columns, by name; the others are inferred. A column that is not in the sample is added. */
  readonly types?: Readonly<Record<string, DataType>>
  /** Lines that inference looks at; default 20,000. */
  readonly sampleRows?: number
}

const SAMPLE_ROWS = 20_000

interface JsonLine {
  readonly record: unknown
  /** From 1. */
  readonly line: number
}

export class NdjsonSource implements Source {
  readonly format = 'ndjson'
  readonly bounded = true

  private constructor(
    readonly id: number,
    readonly label: string,
    readonly schema: Schema,
    private readonly paths: readonly string[],
    private readonly bytes: number,
  ) {}

  /** Infers the schema of all files from the first lines of the first; `inferSchema` says how. */
  static async open(id: number, paths: readonly string[], options: NdjsonReadOptions = {}): Promise<NdjsonSource> {
    if (paths.length === 0) throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'no NDJSON files given')
    const bytes = fileBytes(paths)
    const schema = await findSchema(paths[0], options)
    return new NdjsonSource(id, paths.length === 1 ? paths[0] : `${paths.length} files`, schema, paths, bytes)
  }

  estimate(): ScanEstimate {
    return { rows: null, bytes: this.bytes, rowGroups: null }
  }

  async *morsels(request: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    const { fields } = projectSchema(this.schema, request.columns)
    const known = new Set(this.schema.fields.map((f) => f.name))
    const batches = new RowBatches({ fields }, target)
    for (const path of this.paths) {
      for await (const lines of jsonLines(path)) {
        target.checkCancelled()
        for (const { record, line } of lines) {
          refuseUnknown(record, known, path, line)
          try {
            batches.append((column) => recordValue(record, fields[column], line - 1))
          } catch (error) {
            throw located(error, path, line)
          }
          if (batches.full) yield batches.take()
        }
      }
    }
    if (batches.pending > 0) yield batches.take()
  }

  async close(): Promise<void> {}
}

async function findSchema(path: string, options: NdjsonReadOptions): Promise<Schema> {
  const limit = options.sampleRows ?? SAMPLE_ROWS
  const types = options.types ?? {}
  const sample: JsonLine[] = []
  for await (const lines of jsonLines(path)) {
    for (const line of lines) sample.push(line)
    if (sample.length >= limit) break
  }
  const inferred = infer(sample, types, path)
  const names = [...new Set([...inferred.fields.map((f) => f.name), ...Object.keys(types)])]
  if (names.length === 0) throw new VolleyError('VOLLEY_BAD_RECORD', `${path} is empty: it has no columns`, { path })
  const byName = new Map(inferred.fields.map((f) => [f.name, f]))
  return schemaOf(
    names.map((name) =>
      Object.hasOwn(types, name) ? field(name, types[name]) : (byName.get(name) ?? field(name, types[name])),
    ),
  )
}

function infer(sample: readonly JsonLine[], types: Readonly<Record<string, DataType>>, path: string): Schema {
  // Columns of a given type may hold what inference would refuse; all that counts is where they stand.
  const given = new Set(Object.keys(types))
  const records = sample.map(({ record }) => {
    if (given.size === 0 || !isRecord(record)) return record
    return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, given.has(name) ? null : value]))
  })
  try {
    return inferSchema(records)
  } catch (error) {
    const row = error instanceof VolleyError ? error.details.row : undefined
    throw located(error, path, row === undefined ? undefined : sample[row].line)
  }
}

/** The objects of a file, a chunk at a time; blank lines are none. Throws VOLLEY_BAD_RECORD for what is not JSON. */
async function* jsonLines(path: string): AsyncGenerator<readonly JsonLine[]> {
  let rest = ''
  let line = 0
  const parse = (text: string): JsonLine[] => {
    line++
    if (text.trim() === '') return []
    try {
      return [{ record: parseExactJson(text), line }]
    } catch (error) {
      throw located(error, path, line)
    }
  }
  for await (const chunk of textChunks(path)) {
    const texts = (rest + chunk.toString('utf8')).split('\n')
    rest = texts.pop() ?? ''
    yield texts.flatMap(parse)
  }
  yield parse(rest)
}

/** Names file and line in an error about a record. */
function located(error: unknown, path: string, line: number | undefined): unknown {
  const where = line === undefined ? path : `${path}, line ${line}`
  if (error instanceof VolleyError) {
    return new VolleyError(error.code, `${where}: ${error.message}`, { ...error.details, path, line }, error)
  }
  if (!(error instanceof SyntaxError)) return error
  return new VolleyError('VOLLEY_BAD_RECORD', `${where}: not valid JSON: ${error.message}`, { path, line }, error)
}

/** A key that the sample did not have would be lost in silence. */
function refuseUnknown(record: unknown, known: ReadonlySet<string>, path: string, line: number): void {
  if (!isRecord(record)) return
  for (const name of Object.keys(record)) {
    if (known.has(name)) continue
    throw new VolleyError(
      'VOLLEY_BAD_RECORD',
      `${path}, line ${line}: column ${name} was not in the lines that the schema was inferred from; give it a type`,
      { path, line, column: name },
    )
  }
}
