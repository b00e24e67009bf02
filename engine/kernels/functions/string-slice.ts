/** Functions whose result is a part of the text: substring, left, right and trim. */

import type { Vector } from '../../../io/batch.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { GREATEST_ARGUMENT, LEAST_ARGUMENT, left, outOfRange, right, substring, trim } from '../scalar/string.js'
import { commonValidity } from './operands.js'
import { isAscii, numbers, offsetsFor, type Shape, shapeOf, stringResult, text, tooLong } from './string-operands.js'

const MODES = { substring: 0, left: 1, right: 2 } as const

function evaluateSlice(name: keyof typeof MODES): KernelFunction['evaluate'] {
  return (context, parameters, type, length) => {
    const shape = shapeOf(parameters, length)
    const validity = commonValidity(context, parameters, shape.rows)
    if (name === 'substring') checkRange(context, name, parameters.slice(1), LEAST_ARGUMENT, validity, shape)
    // A negative count of `left` or `right` cannot be too far, and one of `right` not too large either.
    if (name === 'left') checkRange(context, name, parameters.slice(1), -(2 ** 63), validity, shape)
    const [argument, first, second] = parameters
    const starts = numbers(first)
    const counts = name !== 'substring' ? starts : second === undefined ? unlimited(context) : numbers(second)
    const ascii = isAscii(context, argument, shape.rows) ? 1 : 0
    return gather(context, name, argument, type, shape, (from, offsets) =>
      context.wasm.string_slice(...text(argument), MODES[name], ...starts, ...counts, ascii, from, offsets, shape.rows),
    )
  }
}

function unlimited(context: KernelContext): [values: number, step: number] {
  const values = context.scratch(8)
  context.memory.i64[values / 8] = BigInt(GREATEST_ARGUMENT)
  return [values, 0]
}

/** Throws for the first valid row where an i64 argument is out of the range that DuckDB takes. */
function checkRange(
  context: KernelContext,
  name: string,
  parameters: readonly Vector[],
  least: number,
  validity: number,
  { rows }: Shape,
): void {
  for (const parameter of parameters) {
    const [values, step] = numbers(parameter)
    const row = context.wasm.string_first_outside(values, step, least, GREATEST_ARGUMENT, validity, rows)
    if (row >= 0) throw outOfRange(name, context.memory.i64[(values + row * step) / 8], row)
  }
}

/** Runs a kernel that finds the parts, then copies them together. */
function gather(
  context: KernelContext,
  name: string,
  argument: Vector,
  type: DataType,
  shape: Shape,
  find: (from: number, offsets: number) => number,
): Vector {
  const from = context.scratch(shape.rows * 4)
  const offsets = offsetsFor(context, shape.rows)
  const bytes = find(from, offsets)
  if (bytes < 0) throw tooLong(name, ~bytes)
  const values = context.scratch(bytes)
  context.wasm.string_gather(argument.values, from, offsets, values, shape.rows)
  return stringResult(type, shape, offsets, values)
}

const START = 1
const END = 2

function trimFunction(name: string, sides: number): KernelFunction {
  return {
    name,
    canFail: false,
    evaluate(context, parameters, type, length) {
      const [argument, set] = parameters
      const shape = shapeOf(parameters, length)
      const setParts = set === undefined ? [0, 0, 0] : text(set)
      return gather(context, name, argument, type, shape, (from, offsets) =>
        context.wasm.string_trim(...text(argument), ...setParts, sides, from, offsets, shape.rows),
      )
    },
    reference: ([value, set]) =>
      trim(value as string, set as string | undefined, (sides & START) !== 0, (sides & END) !== 0),
  }
}

function sliceFunction(
  name: keyof typeof MODES,
  canFail: boolean,
  reference: (value: string, first: bigint, second?: bigint) => ScalarValue,
): KernelFunction {
  return {
    name,
    canFail,
    evaluate: evaluateSlice(name),
    reference: ([value, first, second]) => reference(value as string, first as bigint, second as bigint | undefined),
  }
}

export const stringSliceFunctions: readonly KernelFunction[] = [
  sliceFunction('substring', true, substring),
  sliceFunction('left', true, left),
  sliceFunction('right', false, right),
  trimFunction('trim', START | END),
  trimFunction('ltrim', START),
  trimFunction('rtrim', END),
]
