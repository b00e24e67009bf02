/** Evaluates JSONata: the module that worker threads load for it. */

import type { RecordBatch, Vector } from 'apache-arrow'
import jsonata, { type Expression } from 'jsonata'
import { formatDecimal } from '../../../planner/integers.js'

export interface JsonataArguments {
  readonly expression: string
  /** ISO text of what `$now()` is. */
  readonly startedAt: string
  /** Columns whose values are not JSON: DECIMAL with their scale, DATE, TIMESTAMP. */
  readonly decimals: Readonly<Record<string, number>>
  readonly dates: readonly string[]
  readonly timestamps: readonly string[]
  /** Columns that were found from the first results: others would be lost in silence. Null if columns are declared. */
  readonly found: readonly string[] | null
}

type JsonRecord = Record<string, unknown>

const MOST_COMPILED = 64
const compiled = new Map<string, Expression>()

/** For `mapRows`: an object gives a row, an array several, nothing none. */
export async function evaluateRecord(row: JsonRecord, kwargs: JsonataArguments): Promise<unknown> {
  return evaluated(jsonRecord(row, kwargs), kwargs)
}

/** For `mapBatches`: the expression sees the array of all records of the batch. */
export async function evaluateBatch(batch: RecordBatch, kwargs: JsonataArguments): Promise<readonly unknown[]> {
  return recordsOf(await evaluateRecords(rowsOf(batch, kwargs), kwargs))
}

/** As `evaluateBatch` does, with records as `mapRows` gives them. */
export async function evaluateRecords(rows: readonly JsonRecord[], kwargs: JsonataArguments): Promise<unknown> {
  return evaluated(
    rows.map((row) => jsonRecord(row, kwargs)),
    kwargs,
  )
}

async function evaluated(input: unknown, kwargs: JsonataArguments): Promise<unknown> {
  let result: unknown
  try {
    result = plain(await expressionOf(kwargs).evaluate(input))
  } catch (cause) {
    if (cause instanceof Error) throw cause
    // What the package throws is no error, but says what it is about.
    const { message = String(cause) } = cause as { readonly message?: string }
    throw new Error(`JSONata: ${message}`, { cause })
  }
  if (kwargs.found !== null) for (const record of recordsOf(result)) refuseOthers(record, kwargs.found)
  return result
}

function refuseOthers(record: unknown, found: readonly string[]): void {
  if (typeof record !== 'object' || record === null) return
  const other = Object.keys(record).find((name) => !found.includes(name))
  if (other === undefined) return
  throw new Error(
    `JSONata gave a field '${other}' that the first records lacked (${found.join(', ')}): declare a schema`,
  )
}

/** What an expression gave, as a list of records. */
export function recordsOf(result: unknown): readonly unknown[] {
  if (result === undefined || result === null) return []
  return Array.isArray(result) ? (result as unknown[]) : [result]
}

function expressionOf({ expression: text, startedAt }: JsonataArguments): Expression {
  const key = `${startedAt} ${text}`
  let expression = compiled.get(key)
  if (expression === undefined) {
    if (compiled.size >= MOST_COMPILED) compiled.clear()
    expression = jsonata(text)
    expression.registerFunction('now', () => startedAt)
    expression.registerFunction('millis', () => Date.parse(startedAt))
    compiled.set(key, expression)
  }
  return expression
}

function jsonRecord(row: JsonRecord, { decimals, dates }: JsonataArguments): JsonRecord {
  const result: JsonRecord = {}
  for (const [name, value] of Object.entries(row)) {
    if (value === null) result[name] = null
    else if (Object.hasOwn(decimals, name)) result[name] = Number(value)
    else if (value instanceof Date && dates.includes(name)) result[name] = value.toISOString().slice(0, 10)
    else result[name] = jsonValue(value)
  }
  return result
}

/** Integers beyond 2^53 become text, so that no digit is lost in silence. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), jsonValue(item)]))
  }
  if (Array.isArray(value)) return value.map(jsonValue)
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, jsonValue(item)]))
  }
  return value
}

/** Rows of an Arrow batch, with values as `mapRows` gives them. */
function rowsOf(batch: RecordBatch, { decimals, dates, timestamps }: JsonataArguments): JsonRecord[] {
  const columns = batch.schema.fields.map(({ name }, index) => ({ name, column: batch.getChildAt(index) as Vector }))
  const instants = new Set([...dates, ...timestamps])
  return Array.from({ length: batch.numRows }, (_, row) => {
    const result: JsonRecord = {}
    for (const { name, column } of columns) {
      const value: unknown = column.get(row)
      if (value === null) result[name] = null
      else if (Object.hasOwn(decimals, name)) result[name] = formatDecimal(unscaled(value), decimals[name])
      else if (instants.has(name)) result[name] = new Date(Number(value))
      else result[name] = nested(value)
    }
    return result
  })
}

/** 128 bits in words of 32, two's complement, the lowest first. */
function unscaled(value: unknown): bigint {
  const words = [...(value as Uint32Array)]
  const bits = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n)
  return BigInt.asIntN(32 * words.length, bits)
}

function nested(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || !('toJSON' in value)) return value
  return (value as { toJSON(): unknown }).toJSON()
}

/** Sequences of JSONata are arrays with properties of their own. */
function plain(value: unknown): unknown {
  return Array.isArray(value) ? Array.from(value as unknown[]) : value
}
