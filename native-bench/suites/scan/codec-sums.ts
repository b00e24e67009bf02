/** The same row for codecs, which only read: sums over the columns that they hand over. */

import { type Data, DataType, type Vector } from 'apache-arrow'
import { type Answer, type Cell, numberCell } from '../../answers.js'
import type { HyparquetEngine } from '../../engines/hyparquet.js'
import type { ParquetWasmEngine } from '../../engines/parquet-wasm.js'
import { ALL_COLUMNS, LINEITEM } from './lineitem-sums.js'

/** In the order of the columns, money in cents, dates in days since 1970. */
export interface CodecSums {
  readonly rows: number
  readonly columns: readonly string[]
  readonly sums: Float64Array
}

const MILLISECONDS_PER_DAY = 86_400_000

/** Reads the columns, all if null. */
export async function parquetWasmSums(
  engine: ParquetWasmEngine,
  path: string,
  selected: readonly string[] | null,
): Promise<CodecSums> {
  const columns = selected ?? ALL_COLUMNS
  const sums = new Float64Array(columns.length)
  let rows = 0
  for await (const table of engine.read(path, selected)) {
    rows += table.numRows
    for (const [i, name] of columns.entries()) sums[i] = joined(name, sums[i], vectorSum(table.getChild(name)!))
  }
  return { rows, columns, sums }
}

/** Reads the columns, all if null. */
export async function hyparquetSums(
  engine: HyparquetEngine,
  path: string,
  selected: readonly string[] | null,
): Promise<CodecSums> {
  const columns = selected ?? ALL_COLUMNS
  const sums = new Float64Array(columns.length)
  const { num_rows: rows } = await engine.read(path, selected, ({ column, values }) => {
    const i = columns.indexOf(column)
    sums[i] = joined(column, sums[i], valuesSum(column, values))
  })
  return { rows: Number(rows), columns, sums }
}

export function codecAnswer({ rows, columns, sums }: CodecSums): Answer {
  return [[numberCell(rows), ...columns.map((name, i) => cellOf(name, sums[i]))]]
}

function cellOf(column: string, sum: number): Cell {
  switch (LINEITEM[column]) {
    case 'integer':
    case 'text':
      return numberCell(sum)
    case 'money':
      return numberCell(sum / 100)
    case 'date':
      return new Date(sum * MILLISECONDS_PER_DAY).toISOString().slice(0, 10)
  }
}

function joined(column: string, before: number, more: number): number {
  return LINEITEM[column] === 'date' ? Math.max(before, more) : before + more
}

function vectorSum(vector: Vector): number {
  let sum = 0
  for (const data of vector.data) {
    if (DataType.isUtf8(data.type)) sum += data.valueOffsets[data.length] - data.valueOffsets[0]
    else if (DataType.isDate(data.type)) sum = Math.max(sum, largest(data.values as Int32Array))
    else sum += integerSum(data)
  }
  return sum
}

function largest(values: Int32Array): number {
  let most = 0
  for (const value of values) if (value > most) most = value
  return most
}

/** Of integers of 32, 64 and 128 bits that lie within 2^53: their two lowest words tell them. */
function integerSum({ type, length, values }: Data): number {
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2)
  const stride = DataType.isDecimal(type) ? 4 : values.BYTES_PER_ELEMENT >> 2
  let [low, high] = [0, 0]
  if (stride === 1) for (let row = 0; row < length; row++) low += words[row]
  else {
    for (let row = 0; row < length; row++) {
      low += words[row * stride] >>> 0
      high += words[row * stride + 1]
    }
  }
  return high * 2 ** 32 + low
}

function valuesSum(column: string, values: ArrayLike<unknown>): number {
  let sum = 0
  switch (LINEITEM[column]) {
    case 'integer':
      for (let row = 0; row < values.length; row++) sum += Number(values[row])
      return sum
    case 'money':
      for (let row = 0; row < values.length; row++) sum += Math.round((values[row] as number) * 100)
      return sum
    case 'text':
      for (let row = 0; row < values.length; row++) sum += (values[row] as string).length
      return sum
    case 'date':
      for (let row = 0; row < values.length; row++) sum = Math.max(sum, Number(values[row]))
      return sum / MILLISECONDS_PER_DAY
  }
}
