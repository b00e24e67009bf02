/** Sources and targets as users write them, checked and completed. */

import { Frame } from '../../frame.js'
import { parseDuration } from '../../quantities.js'
import type { RetryOptions } from '../../run-options.js'
import type {
  DatabaseKind,
  FileFormat,
  HttpSource,
  LoadMode,
  Pagination,
  SourceDefinition,
  TargetDefinition,
} from '../definition.js'
import { isPlain } from '../shape/check.js'
import type {
  DatabaseSourceSpecification,
  DatabaseTargetSpecification,
  Duration,
  FileSourceSpecification,
  FileTargetSpecification,
  FunctionSpecification,
  HttpSourceSpecification,
  PaginationSpecification,
  SchemaSpecification,
  SourceSpecification,
  TargetSpecification,
} from '../specification.js'
import { type DefinitionEnvironment, type Findings, listOf } from './environment.js'
import { declaredSchema, moduleFunction } from './transforms.js'

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_HTTP_RETRIES: RetryOptions = { count: 5, backoffMs: 500, factor: 2, jitter: 0.2 }

type RecordsSource = Extract<SourceDefinition, { readonly kind: 'records' }>['records']

/** `given` is of the shape of a source. */
export function sourceOf(
  given: SourceSpecification,
  environment: DefinitionEnvironment,
  findings: Findings,
): SourceDefinition {
  if (typeof given === 'string') {
    return /^https?:\/\//i.test(given)
      ? { kind: 'http', ...httpSource({ url: given }) }
      : fileSource({ path: given }, environment, findings)
  }
  if (given instanceof Frame) return { kind: 'frame', frame: given }
  if (Array.isArray(given) && given.length > 0 && given.every((one) => typeof one === 'string')) {
    return fileSource({ path: given as readonly string[] }, environment, findings)
  }
  if (!isPlain(given)) return { kind: 'records', records: given as RecordsSource, schema: null }
  const named: object & { readonly type?: string } = given
  if (named.type === 'input') return { kind: 'input' }
  if (named.type === 'http' || (named.type === undefined && 'url' in named)) {
    return { kind: 'http', ...httpSource(named as HttpSourceSpecification) }
  }
  if (named.type === 'file' || (named.type === undefined && 'path' in named)) {
    return fileSource(named as FileSourceSpecification, environment, findings)
  }
  if (named.type === 'function' || named.type === undefined) {
    const called = named as FunctionSpecification & { readonly schema?: SchemaSpecification }
    return { kind: 'function', function: moduleFunction(called, environment), schema: declaredSchema(called.schema) }
  }
  const database = named as DatabaseSourceSpecification
  return {
    kind: 'database',
    database: database.type,
    connection: connectionOf(database.type, database.connection, environment),
    table: database.table ?? null,
    query: database.query ?? null,
    cursor: database.cursor ?? null,
    schema: declaredSchema(database.schema),
  }
}

function fileSource(
  { path, format, options = {} }: FileSourceSpecification,
  environment: DefinitionEnvironment,
  findings: Findings,
): SourceDefinition {
  const paths = listOf<string>(path).map(environment.resolve)
  const formats = format === undefined ? paths.map((one) => environment.formatOf(one) ?? 'parquet') : [format]
  const several = new Set(formats)
  if (several.size > 1) findings.add(`files of several formats: ${[...several].join(', ')}`, 'files of one format')
  return { kind: 'file', paths, format: formats[0] ?? 'parquet', options }
}

function httpSource(given: HttpSourceSpecification): HttpSource {
  const query = Object.entries(given.query ?? {}).map(([name, value]) => [name, String(value)] as const)
  return {
    url: given.url,
    method: given.method ?? 'GET',
    headers: given.headers ?? {},
    query: Object.fromEntries(query),
    body: given.body ?? null,
    records: given.records ?? null,
    pagination: paginationOf(given.pagination ?? 'none'),
    requestsPerSecond: given.requestsPerSecond ?? null,
    timeout: given.timeout === undefined ? DEFAULT_TIMEOUT_MS : millisecondsOf(given.timeout),
    retries: retriesOf(given.retries) ?? DEFAULT_HTTP_RETRIES,
    schema: declaredSchema(given.schema),
  }
}

function paginationOf(given: PaginationSpecification): Pagination {
  if (typeof given === 'string') return { kind: given }
  switch (given.type) {
    case 'none':
    case 'link':
      return { kind: given.type }
    case 'page':
      return {
        kind: 'page',
        parameter: given.parameter ?? 'page',
        first: given.first ?? 1,
        size: given.size ?? null,
        sizeParameter: given.sizeParameter ?? null,
      }
    case 'offset':
      return {
        kind: 'offset',
        parameter: given.parameter ?? 'offset',
        size: given.size,
        sizeParameter: given.sizeParameter ?? null,
      }
    case 'cursor':
      return { kind: 'cursor', parameter: given.parameter ?? 'cursor', next: given.next }
  }
}

/** `given` is of the shape of a target. */
export function targetOf(
  given: TargetSpecification,
  environment: DefinitionEnvironment,
  findings: Findings,
): TargetDefinition {
  if (typeof given === 'string') return fileTarget({ path: given }, environment, findings)
  if (typeof given === 'function') {
    const label = given.name || 'a function'
    return { kind: 'function', function: { kind: 'closure', call: given, label, mode: 'record' } }
  }
  if (given.type === 'file' || (given.type === undefined && 'path' in given)) {
    return fileTarget(given as FileTargetSpecification, environment, findings)
  }
  if (given.type === 'function' || given.type === undefined) {
    return { kind: 'function', function: moduleFunction(given as FunctionSpecification, environment) }
  }
  const database = given as DatabaseTargetSpecification
  return {
    kind: 'database',
    database: database.type,
    connection: connectionOf(database.type, database.connection, environment),
    table: database.table,
    ...loadOf(database, 'append', findings),
    create: database.create ?? true,
  }
}

function fileTarget(
  given: FileTargetSpecification,
  environment: DefinitionEnvironment,
  findings: Findings,
): TargetDefinition {
  const { path, options = {} } = given
  const load = loadOf(given, 'fail', findings)
  const isDirectory = load.mode === 'append' || options.partitionBy !== undefined
  const told = environment.formatOf(environment.resolve(path))
  const format: FileFormat | null = given.format ?? told ?? (isDirectory ? 'parquet' : null)
  if (format === null) findings.add(`cannot tell the format of ${path} by its name`, 'a known extension, or format')
  return { kind: 'file', path: environment.resolve(path), format: format ?? 'parquet', ...load, options }
}

function loadOf(
  given: { readonly mode?: LoadMode; readonly key?: string | readonly string[] },
  otherwise: LoadMode,
  findings: Findings,
): { readonly mode: LoadMode; readonly key: readonly string[] } {
  const key = listOf(given.key)
  const mode = given.mode ?? otherwise
  if (mode === 'upsert' && key.length === 0) findings.add("mode 'upsert' needs the columns of the key", 'key: [...]')
  if (mode !== 'upsert' && key.length > 0) {
    findings.add(`a key is for mode 'upsert', not '${mode}'`, "mode: upsert, or no 'key'")
  }
  return { mode, key }
}

function connectionOf(kind: DatabaseKind, connection: string, { resolve }: DefinitionEnvironment): string {
  return kind === 'postgresql' || connection === ':memory:' ? connection : resolve(connection)
}

export function millisecondsOf(given: Duration): number {
  return typeof given === 'number' ? given : parseDuration(given)
}

export function retriesOf(given: number | RetryOptions | undefined): RetryOptions | null {
  if (given === undefined) return null
  return typeof given === 'number' ? { count: given } : given
}
