/** Runs one string function three ways: its kernel, its reference, and DuckDB. */

import { DuckDBInstance } from '@duckdb/node-api'
import { createKernelContext } from '../../../engine/kernels/context.js'
import { stringFunctions } from '../../../engine/kernels/functions/string.js'
import { type KernelFunction, RowError } from '../../../engine/kernels/kernel.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { type Vector, vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { type DataType, UTF8 } from '../../../planner/types.js'

export interface Argument {
  readonly type: DataType
  /** One value a row, or one for all. */
  readonly values: readonly ScalarValue[]
  readonly constant?: boolean
}

const memory = SharedMemory.create()
export const context = createKernelContext(memory)

export function functionNamed(name: string): KernelFunction {
  const found = stringFunctions.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no function ${name}`)
  return found
}

/** A plain vector whose offsets do not start at 0 and whose null slots have contents, or a constant. */
export function toVector({ type, values, constant = false }: Argument): Vector {
  if (constant)
    return { ...vectorFromValues(type, values.slice(0, 1), memory.views, context.scratch), constant, blocks: [] }
  const filler = type.kind === 'utf8' ? 'É junk' : type.kind === 'binary' ? Uint8Array.of(200, 1) : null
  if (filler === null) return { ...vectorFromValues(type, values, memory.views, context.scratch), blocks: [] }
  const filled = [...new Array(64).fill(filler), ...values.map((value) => value ?? filler)]
  const data = vectorFromValues(type, filled, memory.views, context.scratch)
  const { validity } = vectorFromValues(type, values, memory.views, context.scratch)
  return vector(type, values.length, { validity, offsets: data.offsets + 64 * 4, values: data.values })
}

export function runKernel(
  name: string,
  parameters: readonly Argument[],
  type: DataType,
  length: number,
): ScalarValue[] {
  context.resetScratch()
  const implementation = functionNamed(name)
  const vectors = parameters.map(toVector)
  const result = implementation.evaluate(context, vectors, type, length)
  return Array.from({ length }, (_, row) => {
    const isNull = parameters.some((parameter) => valueAt(parameter, row) === null)
    return isNull && implementation.nullPropagating !== false
      ? null
      : readValue(memory.views, { ...result, validity: 0 }, row)
  })
}

export function runReference(
  name: string,
  parameters: readonly Argument[],
  type: DataType,
  length: number,
): ScalarValue[] {
  const implementation = functionNamed(name)
  const types = parameters.map((parameter) => parameter.type)
  return Array.from({ length }, (_, row) => {
    const values = parameters.map((parameter) => valueAt(parameter, row))
    if (values.includes(null) && implementation.nullPropagating !== false) return null
    return implementation.reference(values, types, type)
  })
}

function valueAt(parameter: Argument, row: number): ScalarValue {
  return parameter.values[parameter.constant ? 0 : row]
}

/** Runs `f`, or gives what it fails with: the code, and the row if `withRow`. */
export function outcome<T>(f: () => T, withRow = false): T | string {
  try {
    return f()
  } catch (error) {
    if (error instanceof RowError) return withRow ? `${error.code} at ${error.row}` : error.code
    throw error
  }
}

export const text = (...values: (string | null)[]): Argument => ({ type: UTF8, values })
export const constantText = (value: string): Argument => ({ type: UTF8, values: [value], constant: true })

const connection = DuckDBInstance.create(':memory:').then((instance) => instance.connect())

export async function duckdb(query: string): Promise<ScalarValue[][]> {
  const reader = await (await connection).runAndReadAll(query)
  return reader.getRows() as ScalarValue[][]
}

export function literal(value: ScalarValue): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

/** Evaluates an expression over columns a, b, ... of the rows given, in their order. */
export async function duckdbRows(
  expression: string,
  rows: readonly (readonly ScalarValue[])[],
): Promise<ScalarValue[]> {
  const names = ['row', 'a', 'b', 'c', 'd'].slice(0, rows[0].length + 1)
  const values = rows.map((row, i) => `(${[i, ...row.map(literal)].join(', ')})`)
  const result = await duckdb(
    `select ${expression} from (values ${values.join(', ')}) v(${names.join(', ')}) order by row`,
  )
  return result.map(([value]) => value)
}
