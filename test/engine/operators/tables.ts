/** Tables for tests of operators: the same values as vectors in shared memory and as a table of DuckDB. */

import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
} from '@duckdb/node-api'
import { createKernelContext, type ThreadKernels } from '../../../engine/kernels/context.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import type { OperatorContext } from '../../../engine/operators/operator-context.js'
import { type Vector, vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { InternalError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { type DataType, typeName } from '../../../planner/types.js'
import { afterAll, afterEach } from '../../support/jest.js'

export type TestContext = OperatorContext & ThreadKernels

export function createContext(): { memory: SharedMemory; context: TestContext } {
  const memory = SharedMemory.create()
  const kernels = createKernelContext(memory)
  const { allocate, retain, release } = memory
  return { memory, context: { ...kernels, allocate, retain, release, checkCancelled: () => {} } }
}

export interface Column {
  readonly name: string
  readonly type: DataType
  readonly values: readonly ScalarValue[]
}

/** How a column is stored. */
export type Form = 'plain' | 'dictionary' | 'wide'

export function columnVector(context: TestContext, { type, values }: Column, form: Form = 'plain'): Vector {
  const { memory, allocate } = context
  if (form === 'dictionary') return dictionaryVector(context, type, values)
  const plain = vectorFromValues(type, values, memory, allocate)
  if (form === 'wide' && type.kind === 'decimal' && plain.width === 8) return widened(context, plain)
  return plain
}

function dictionaryVector(context: TestContext, type: DataType, values: readonly ScalarValue[]): Vector {
  const { memory, allocate } = context
  const keyOf = (value: ScalarValue) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)
  const entries = new Map<unknown, ScalarValue>()
  for (const value of values) if (value !== null) entries.set(keyOf(value), value)
  const keys = [...entries.keys()]
  const places = new Map(keys.map((key, place) => [key, place]))
  const codes = vectorFromValues(
    { kind: 'int', bits: 32, signed: true },
    values.map((value) => (value === null ? null : places.get(keyOf(value))!)),
    memory,
    allocate,
  )
  // Codes of null rows must not be looked at.
  values.forEach((value, row) => {
    if (value === null) memory.i32[codes.values / 4 + row] = 0x7fffffff
  })
  return { ...codes, type, dictionary: vectorFromValues(type, [...entries.values()], memory, allocate) }
}

function widened(context: TestContext, plain: Vector): Vector {
  const values = context.allocate(Math.max(1, plain.length) * 16)
  context.wasm.copy_64_to_128(plain.values, plain.length, values)
  return vector(plain.type, plain.length, { ...plain, values, width: 16, blocks: [...plain.blocks, values] })
}

export function valuesOf(context: TestContext, source: Vector): ScalarValue[] {
  return Array.from({ length: source.length }, (_, row) => readValue(context.memory, source, row))
}

/** Values as text, equal where SQL says so: one NaN, one zero. */
export function textOf(value: ScalarValue): string {
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`
  if (typeof value === 'string') return JSON.stringify(value)
  if (value !== null && typeof value === 'object') return JSON.stringify(Object.values(value).map(textOf))
  return Object.is(value, -0) ? '0' : String(value)
}

/** For a file of tests: an engine's memory whose scratch each test begins anew, and DuckDB to judge by. */
export function operatorScene(): { memory: SharedMemory; context: TestContext; judge: Judge } {
  const { memory, context } = createContext()
  const judge = new Judge()
  afterAll(() => judge.close())
  afterEach(() => context.resetScratch())
  return { memory, context, judge }
}

/** DuckDB on one thread, so that first and last follow the order of insertion. Opens at the first call. */
class Judge {
  private instance: DuckDBInstance | null = null
  private connection: DuckDBConnection | null = null

  close(): void {
    this.connection?.closeSync()
    this.instance?.closeSync()
  }

  async table(name: string, columns: readonly Column[]): Promise<void> {
    const definitions = columns.map((column) => `${column.name} ${typeName(column.type)}`)
    const connection = await this.opened()
    await connection.run(`create or replace table ${name} (${definitions.join(', ')})`)
    const rows = columns[0].values.map((_, row) => `(${columns.map((c) => literal(c.type, c.values[row])).join(', ')})`)
    for (let start = 0; start < rows.length; start += 1000) {
      await connection.run(`insert into ${name} values ${rows.slice(start, start + 1000).join(', ')}`)
    }
  }

  async rows(sql: string): Promise<ScalarValue[][]> {
    const reader = await (await this.opened()).runAndReadAll(sql)
    return reader.getRows().map((row) => row.map(scalarOf))
  }

  private async opened(): Promise<DuckDBConnection> {
    this.instance ??= await DuckDBInstance.create(':memory:', { threads: '1' })
    this.connection ??= await this.instance.connect()
    return this.connection
  }
}

function scalarOf(value: unknown): ScalarValue {
  if (value instanceof DuckDBDecimalValue) return value.value
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimeValue) return value.micros
  if (value instanceof DuckDBBlobValue) return value.bytes
  if (value instanceof DuckDBListValue) return value.items.map(scalarOf)
  if (value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value)) return value as ScalarValue
  throw new InternalError(`unexpected ${String(value)}`)
}

export function literal(type: DataType, value: ScalarValue): string {
  if (value === null) return `null::${typeName(type)}`
  return `${quoted(type, value)}::${typeName(type)}`
}

function quoted(type: DataType, value: NonNullable<ScalarValue>): string {
  if (type.kind === 'decimal') return decimalText(value as bigint, type.scale)
  if (type.kind === 'date') return `(date '1970-01-01' + ${String(value)})`
  if (type.kind === 'timestamp') return `make_timestamp(${String(value)})`
  if (type.kind === 'time') return `(time '00:00:00' + to_microseconds(${String(value)}))`
  if (value instanceof Uint8Array) return `'${[...value].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join('')}'`
  if (Array.isArray(value) && type.kind === 'list') {
    return `[${value.map((one: ScalarValue) => literal(type.element.type, one)).join(', ')}]`
  }
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return `'${Object.is(value, -0) ? '-0.0' : String(value)}'`
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `'${value < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}'`
}
