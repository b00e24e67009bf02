import { bitmapBytes, type Vector } from '../../../io/batch.js'
import { expand } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { Input } from './accumulator.js'

/** An aggregate's argument over a slice, with the rows that count: not null, and passing the filter if there is one. */
export function inputOf(
  context: OperatorContext,
  argument: Vector | null,
  filter: Vector | null,
  length: number,
): Input {
  const full = argument === null ? null : expand(context, argument)
  const included = filter === null ? 0 : trueRows(context, expand(context, filter), length)
  return {
    argument: full,
    included,
    valid: both(context, included, full === null ? 0 : validityOf(context, full), length),
  }
}

/** Values that all count but for nulls. */
export function valuesOf(argument: Vector): Input {
  return { argument, valid: argument.validity, included: 0 }
}

/** Bitmap of the rows where a condition is true rather than false or null. */
function trueRows(context: OperatorContext, condition: Vector, length: number): number {
  if (condition.type.kind === 'null') return noRows(context, length)
  return both(context, condition.values, condition.validity, length)
}

function validityOf(context: OperatorContext, source: Vector): number {
  return source.type.kind === 'null' ? noRows(context, source.length) : source.validity
}

function noRows(context: OperatorContext, length: number): number {
  const bitmap = context.scratch(bitmapBytes(length))
  context.memory.u8.fill(0, bitmap, bitmap + bitmapBytes(length))
  return bitmap
}

/** Bitmap of the rows in both of two, each of which is 0 for all rows. */
function both(context: OperatorContext, a: number, b: number, length: number): number {
  if (a === 0 || b === 0) return a + b
  const bitmap = context.scratch(bitmapBytes(length))
  context.wasm.bitmap_and(a, b, bitmap, length)
  return bitmap
}
