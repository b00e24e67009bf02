/**
 * Packs key columns into as few unsigned words as they need: each column takes the bits of its range of values, with
 * one more value for nulls.
 */

import type { OperatorContext } from '../operator-context.js'
import type { KeyColumn, KeyWords } from './keys.js'

interface Field {
  readonly column: KeyColumn
  readonly bits: number
  /** The word that becomes the smallest field. */
  readonly base: bigint
  readonly nullField: bigint
  readonly firstValue: number
}

/** The most significant word first; none if no column tells rows apart. */
export function packKeys(context: OperatorContext, columns: readonly KeyColumn[], count: number): KeyWords[] {
  const fields = columns.flatMap((column) => fieldsOf(context, column, count)).filter((field) => field.bits > 0)
  const groups: Field[][] = []
  let spare = 0
  for (const field of fields) {
    if (field.bits > spare) {
      groups.push([])
      spare = 64
    }
    groups.at(-1)!.push(field)
    spare -= field.bits
  }
  return groups.map((group) => pack(context, group, count))
}

/** The field of a column, or two: whether null, and the value, where both together exceed 64 bits. */
function fieldsOf(context: OperatorContext, column: KeyColumn, count: number): Field[] {
  const { wasm, scratch, memory } = context
  const range = scratch(16)
  const nulls = wasm.sort_range(column.words, column.validity, column.first, count, range)
  if (nulls === count) return []
  const [least, greatest] = [memory.i64[range / 8], memory.i64[range / 8 + 1]]
  const base = column.descending ? greatest : least
  const last = greatest - least
  if (nulls === 0) return [{ column, bits: bitLength(last), base, nullField: 0n, firstValue: 0 }]
  const bits = bitLength(last + 1n)
  if (bits <= 64) {
    const nullField = column.nullsFirst ? 0n : last + 1n
    return [{ column, bits, base, nullField, firstValue: column.nullsFirst ? 1 : 0 }]
  }
  const zeros = scratch(count * 8)
  memory.u8.fill(0, zeros, zeros + count * 8)
  const flag = {
    column: { ...column, words: zeros },
    bits: 1,
    base: 0n,
    nullField: column.nullsFirst ? 0n : 1n,
    firstValue: column.nullsFirst ? 1 : 0,
  }
  return [flag, { column, bits: 64, base, nullField: 0n, firstValue: 0 }]
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

function pack(context: OperatorContext, fields: readonly Field[], count: number): KeyWords {
  const { wasm, scratch, memory } = context
  const address = scratch(count * 8)
  memory.u8.fill(0, address, address + count * 8)
  const numbers = scratch(16)
  let shift = fields.reduce((sum, field) => sum + field.bits, 0)
  const bits = shift
  for (const { column, bits: width, base, nullField, firstValue } of fields) {
    shift -= width
    memory.i64[numbers / 8] = base
    memory.u64[numbers / 8 + 1] = nullField
    const { words, validity, first, descending } = column
    wasm.sort_pack(
      ...([
        words,
        validity,
        first,
        count,
        numbers,
        descending ? 1 : 0,
        numbers + 8,
        firstValue,
        shift,
        address,
      ] as const),
    )
  }
  return { address, bits }
}
