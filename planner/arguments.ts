/** Checks of what users pass to frames, at once, so that the stack trace points to their line. */

import { nearestName, unreachable, VolleyError } from './errors.js'
import {
  type ArrowSinkOptions,
  type CsvSinkOptions,
  type ParquetSinkOptions,
  REJECTS_PORT,
  type RetryOptions,
  type RunOptions,
  type SinkTarget,
} from './run-options.js'

/** The longest wait of a timer. */
const MOST_BACKOFF_MS = 2 ** 31 - 1

export function invalid(message: string, expected?: string, actual?: unknown): VolleyError {
  return new VolleyError('VOLLEY_INVALID_ARGUMENT', message, {
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual: String(actual) }),
  })
}

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT unless the value is one of those allowed. */
export function checkChoice<T extends string>(what: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  const nearest = typeof value === 'string' ? nearestName(value, allowed) : null
  const hint = nearest === null ? '' : `; did you mean '${nearest}'?`
  throw invalid(`${what} is ${list(allowed)}, not ${show(value)}${hint}`, list(allowed), value)
}

export function checkCount(what: string, value: number, minimum: number): number {
  if (Number.isSafeInteger(value) && value >= minimum) return value
  throw invalid(`${what} is a whole number from ${minimum}, not ${show(value)}`, `>= ${minimum}`, value)
}

export function checkName(what: string, value: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(`${what} is a name, not ${show(value)}`)
}

/** A record with at least one entry. */
export function checkEntries<T>(what: string, value: Readonly<Record<string, T>>): [string, T][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${what} takes an object of names, not ${show(value)}`)
  }
  const entries = Object.entries(value)
  if (entries.length === 0) throw invalid(`${what} takes at least one name, not an empty object`)
  for (const [name] of entries) checkName(`each name given to ${what}`, name)
  return entries
}

export function checkRun(run: RunOptions, strategies: readonly string[]): RunOptions {
  checkOptions('run', run, [
    'strategy',
    'signal',
    'onProgress',
    'ports',
    'rejects',
    'maxRejects',
    'retries',
    'switchAtMorsel',
  ])
  if (run.strategy !== undefined) checkChoice('strategy', run.strategy, strategies)
  if (run.ports !== undefined) checkPorts(run.ports)
  checkRejects(run)
  if (run.retries !== undefined) checkRetries(run.retries)
  if (run.switchAtMorsel !== undefined && !(Number.isInteger(run.switchAtMorsel) && run.switchAtMorsel >= 0)) {
    throw invalid(`switchAtMorsel is a whole number from 0 up, not ${show(run.switchAtMorsel)}`)
  }
  if (run.onProgress !== undefined && typeof run.onProgress !== 'function') {
    throw invalid(`onProgress is a function, not ${show(run.onProgress)}`)
  }
  if (run.signal !== undefined && typeof run.signal?.addEventListener !== 'function') {
    throw invalid(`signal is an AbortSignal, not ${show(run.signal)}`)
  }
  return run
}

function checkPorts(ports: NonNullable<RunOptions['ports']>): void {
  if (typeof ports !== 'object' || ports === null) throw invalid(`ports are functions by name, not ${show(ports)}`)
  for (const [port, take] of Object.entries(ports)) {
    if (typeof take !== 'function') throw invalid(`what takes port '${port}' is a function, not ${show(take)}`)
  }
}

function checkRejects({ rejects, maxRejects, ports }: RunOptions): void {
  if (rejects !== undefined && typeof rejects !== 'function') {
    throw invalid(`rejects is a function, not ${show(rejects)}`)
  }
  if (maxRejects === undefined) return
  checkCount('maxRejects', maxRejects, 0)
  if (rejects === undefined && ports?.[REJECTS_PORT] === undefined) {
    throw invalid('maxRejects needs a function that takes the rejected records: rejects')
  }
}

function checkRetries(retries: RetryOptions): void {
  checkOptions('retries', retries, ['count', 'backoffMs', 'factor', 'jitter'])
  checkCount('count of retries', retries.count, 0)
  checkNumber('backoffMs of retries', retries.backoffMs, 0, MOST_BACKOFF_MS)
  checkNumber('factor of retries', retries.factor, 1, Number.MAX_VALUE)
  checkNumber('jitter of retries', retries.jitter, 0, 1)
}

function checkNumber(what: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return
  const range = most === Number.MAX_VALUE ? `from ${least} up` : `from ${least} to ${most}`
  throw invalid(`${what} is a number ${range}, not ${show(value)}`, range, value)
}

export function checkPath(path: string): string {
  return checkName('the path of an output', path)
}

/** The same target, whose options are what its format takes. */
export function checkSinkOptions<T extends SinkTarget>(target: T): T {
  const { format, options } = target
  switch (format) {
    case 'parquet':
      checkParquetOptions(options)
      break
    case 'arrow':
      checkArrowOptions(options)
      break
    case 'csv':
      checkCsvOptions(options)
      break
    case 'ndjson':
      checkOptions('sinkNdjson', options, ['overwrite'])
      break
    default:
      return unreachable(format)
  }
  return target
}

function checkArrowOptions(options: ArrowSinkOptions): void {
  checkOptions('sinkArrow', options, ['format', 'compression', 'overwrite'])
  if (options.format !== undefined) checkChoice('format', options.format, ['file', 'stream'])
  if (options.compression !== undefined) checkChoice('compression', options.compression, ['lz4', 'zstd', 'none'])
}

function checkParquetOptions(options: ParquetSinkOptions): void {
  checkOptions('sinkParquet', options, [
    'compression',
    'rowGroupSize',
    'partitionBy',
    'overwrite',
    'statistics',
    'dictionary',
  ])
  if (options.compression !== undefined) {
    checkChoice('compression', options.compression, ['snappy', 'zstd', 'gzip', 'lz4', 'none'])
  }
  if (options.rowGroupSize !== undefined) checkCount('rowGroupSize', options.rowGroupSize, 1)
  if (options.partitionBy !== undefined) {
    if (!Array.isArray(options.partitionBy) || options.partitionBy.length === 0) {
      throw invalid(`partitionBy is a column name or a list of them, not ${show(options.partitionBy)}`)
    }
    for (const name of options.partitionBy) checkName('each column of partitionBy', name)
  }
}

function checkCsvOptions(options: CsvSinkOptions): void {
  checkOptions('sinkCsv', options, ['delimiter', 'header', 'quote', 'nullValue', 'overwrite'])
  for (const key of ['delimiter', 'quote'] as const) {
    const value = options[key]
    if (value !== undefined && (typeof value !== 'string' || value.length !== 1)) {
      throw invalid(`${key} is one character, not ${show(value)}`)
    }
  }
}

/** Catches misspelled options, which would otherwise be ignored in silence. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalid(`${what} takes an object, not ${show(options)}`)
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const nearest = nearestName(key, known)
    const hint = nearest === null ? '' : `; did you mean '${nearest}'?`
    throw invalid(`${what} has no option '${key}'${hint}`, known.join(', '), key)
  }
}

export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'number' || typeof value === 'bigint' || value === null) return String(value)
  return Array.isArray(value) ? 'a list' : value === undefined ? 'undefined' : `a value of type ${typeof value}`
}

function list(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}
