/** Arithmetic with dates, timestamps, durations and intervals. */

import type { Vector } from '../../../io/batch.js'
import { type DataType, INT32, INT64 } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { evaluateByRow } from './by-row.js'
import { asTimestamp, castOperand } from './date.js'
import { commonValidity, failAt, operand, result } from './operands.js'

/** a + b and a - b of the types that `planner/functions.ts` combines; the rest goes by row. */
export function evaluateTemporal(
  context: KernelContext,
  name: string,
  parameters: readonly Vector[],
  type: DataType,
  length: number,
  reference: KernelFunction['reference'],
): Vector {
  const [a, b] = parameters
  if (type.kind === 'interval') return evaluateByRow(context, reference, parameters, type, length)
  const out = result(context, type, length)
  const failed = compute(context, name, a, b, out, commonValidity(context, parameters, length))
  if (failed >= 0) failAt(context, reference, parameters, type, failed)
  return out
}

/** Returns the first valid row that fails, or -1. */
function compute(context: KernelContext, name: string, a: Vector, b: Vector, out: Vector, validity: number): number {
  const { wasm } = context
  const { length } = out
  if (a.type.kind === 'interval') return compute(context, name, b, a, out, validity)
  if (b.type.kind === 'interval') {
    const operands = [...operand(context, asTimestamp(context, a)), ...operand(context, b)]
    const zoned = out.type.kind === 'timestamp' && out.type.zone !== null
    return wasm.add_interval(...operands, out.values, length, name === 'sub' ? -1 : 1, zoned ? 1 : 0, validity)
  }
  if (out.type.kind === 'date') {
    return wasm[`${name}_i32`](...operand(context, a), ...operand(context, b), out.values, length, validity)
  }
  // Dates are int32 days.
  const widened = [a, b].map((side) =>
    out.type.kind === 'int' ? castOperand(context, { ...side, type: INT32 }, INT64) : asTimestamp(context, side),
  )
  const operands = widened.flatMap((side) => operand(context, side))
  return wasm[`${name}_i64`](...operands, out.values, length, validity)
}
