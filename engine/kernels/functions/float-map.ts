/** Loops of JavaScript functions over floats, for what has no SIMD instruction. */

import type { MemoryViews, Vector } from '../../../io/batch.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'
import { result } from './operands.js'

function floatsOf(memory: MemoryViews, { values, width }: Vector, rows: number): Float32Array | Float64Array {
  return width === 4
    ? memory.f32.subarray(values / 4, values / 4 + rows)
    : memory.f64.subarray(values / 8, values / 8 + rows)
}

/** The function of each value of a plain vector. */
export function mapFloats(
  context: KernelContext,
  source: Vector,
  type: DataType,
  length: number,
  compute: (x: number) => number,
): Vector {
  const out = result(context, type, length)
  const inputs = floatsOf(context.memory, source, length)
  const outputs = floatsOf(context.memory, out, length)
  for (let row = 0; row < length; row++) outputs[row] = compute(inputs[row])
  return out
}

/** The function of each pair of values of plain or constant vectors. */
export function mapFloatPairs(
  context: KernelContext,
  [a, b]: readonly Vector[],
  type: DataType,
  length: number,
  compute: (x: number, y: number) => number,
): Vector {
  const out = result(context, type, length)
  const xs = floatsOf(context.memory, a, a.constant ? 1 : length)
  const ys = floatsOf(context.memory, b, b.constant ? 1 : length)
  const outputs = floatsOf(context.memory, out, length)
  const xStep = a.constant ? 0 : 1
  const yStep = b.constant ? 0 : 1
  for (let row = 0; row < length; row++) outputs[row] = compute(xs[row * xStep], ys[row * yStep])
  return out
}
