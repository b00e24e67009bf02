/** Decimal arithmetic: in 64 bits where the operands prove that every result fits, in 128 otherwise. */

import { type Vector, vector } from '../../../io/batch.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'
import { commonValidity, operand, result } from './operands.js'

type DecimalType = Extract<DataType, { kind: 'decimal' }>

/** Below this many bits every magnitude has at most the digits: floor(log2(10^precision)). */
function bitsOfPrecision(precision: number): number {
  return Math.floor(precision * Math.log2(10))
}

/** Decimals at 8 bytes if all of them fit, else unchanged. Constants are one value. */
export function narrow(context: KernelContext, source: Vector): Vector {
  if (source.width !== 16) return source
  const rows = source.constant ? 1 : source.length
  const values = context.scratch(rows * 8)
  const fits = context.wasm.copy_128_to_64(source.values, source.validity, rows, values)
  return fits === 0 ? source : vector(source.type, source.length, { ...source, values, width: 8, blocks: [] })
}

/** Decimals at 16 bytes. */
function widen(context: KernelContext, source: Vector): Vector {
  if (source.width !== 8) return source
  const rows = source.constant ? 1 : source.length
  const values = context.scratch(rows * 16)
  context.wasm.copy_64_to_128(source.values, rows, values)
  return vector(source.type, source.length, { ...source, values, width: 16, blocks: [] })
}

/** Brings decimals that differ in width to the wider. */
export function sameWidth(context: KernelContext, a: Vector, b: Vector): [Vector, Vector] {
  return a.width === b.width ? [a, b] : [widen(context, a), widen(context, b)]
}

/** A result, or the first valid row that has more digits than the type. */
export type Checked = { readonly vector: Vector } | { readonly failed: number }

function checked(vector: Vector, failed: number): Checked {
  return failed < 0 ? { vector } : { failed }
}

/** a + b or a - b, both of the scale of the result. */
export function addDecimals(
  context: KernelContext,
  name: 'add' | 'sub',
  parameters: readonly Vector[],
  type: DecimalType,
  length: number,
): Checked {
  const [a, b] = parameters.map((parameter) => narrow(context, parameter))
  const validity = commonValidity(context, parameters, length)
  if (a.width === 8 && b.width === 8) {
    const out = result(context, type, length, 8)
    const operands = [...operand(context, a), ...operand(context, b)]
    const bits = context.wasm[`${name}_d64`](...operands, out.values, length)
    if (bits <= bitsOfPrecision(type.precision) && bits <= 63) return { vector: out }
    // What wrapped may be a null slot.
    const overflow = bits <= 63 ? -1 : context.wasm[`${name}_i64`](...operands, out.values, length, validity)
    if (overflow < 0) return checkPrecision(context, out, validity, type)
  }
  const out = result(context, type, length, 16)
  const operands = [...operand(context, widen(context, a)), ...operand(context, widen(context, b))]
  return checked(out, context.wasm[`${name}_i128`](...operands, out.values, length, validity, type.precision))
}

/** Checks that 8-byte results have no more digits than the type. */
export function checkPrecision(context: KernelContext, out: Vector, validity: number, type: DecimalType): Checked {
  if (type.precision > 18) return { vector: out }
  return checked(out, context.wasm.exceeds_d64(out.values, out.length, validity, type.precision))
}

/** a * b, whose scales add up to that of the result. */
export function multiplyDecimals(
  context: KernelContext,
  parameters: readonly Vector[],
  type: DecimalType,
  length: number,
): Checked {
  const [a, b] = parameters.map((parameter) => narrow(context, parameter))
  const validity = commonValidity(context, parameters, length)
  if (a.width === 8 && b.width === 8) {
    const operands = [...operand(context, a), ...operand(context, b)]
    const narrowed = result(context, type, length, 8)
    const bits = context.wasm.mul_d64(...operands, narrowed.values, length)
    if (bits <= bitsOfPrecision(type.precision) && bits <= 63) return { vector: narrowed }
    if (bits <= 63) return checkPrecision(context, narrowed, validity, type)
    const out = result(context, type, length, 16)
    return checked(out, context.wasm.mul_i64_i128(...operands, out.values, length, validity, type.precision))
  }
  const out = result(context, type, length, 16)
  const operands = [...operand(context, widen(context, a)), ...operand(context, widen(context, b))]
  return checked(out, context.wasm.mul_i128(...operands, out.values, length, validity, type.precision))
}
