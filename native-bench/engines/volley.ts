/** volley itself, as its users have it: through the package's public interface. */

import { DataType, type Table } from 'apache-arrow'
import { type Engine, open } from '../../index.js'
import { type Answer, type Cell, exactDecimal, numberCell } from '../answers.js'

export interface VolleyEngine {
  readonly engine: Engine
  close(): Promise<void>
}

/** `memoryLimit`, in bytes: null for its own default. */
export async function openVolley(threads: number, memoryLimit: number | null = null): Promise<VolleyEngine> {
  const engine = await open({ threads, ...(memoryLimit === null ? {} : { memoryLimit }) })
  return {
    engine,
    close: () => engine.close(),
  }
}

export function volleyAnswer(table: Table): Answer {
  const columns = table.schema.fields.map((field, i) => {
    const column = table.getChildAt(i)
    return (row: number): Cell => cellOf(field.type, column?.get(row))
  })
  return Array.from({ length: table.numRows }, (_, row) => columns.map((cell) => cell(row)))
}

function cellOf(type: DataType, value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (DataType.isDecimal(type) && value instanceof Uint32Array) return decimalCell(value, type.scale)
  if (DataType.isDate(type)) return new Date(Number(value)).toISOString().slice(0, 10)
  return typeof value === 'number' ? numberCell(value) : String(value)
}

/** `words` are the value's 128 bits in two's complement, lowest first. */
function decimalCell(words: Uint32Array, scale: number): Cell {
  let bits = 0n
  for (let i = words.length - 1; i >= 0; i--) bits = (bits << 32n) | BigInt(words[i])
  const unscaled = BigInt.asIntN(words.length * 32, bits)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return exactDecimal(`${unscaled < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`)
}
