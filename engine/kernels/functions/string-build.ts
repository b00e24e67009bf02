/** Functions that make longer text: concat, ||, replace, repeat, lpad and rpad. */

import type { Vector } from '../../../io/batch.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext, KernelFunction, RowError } from '../kernel.js'
import { concat, lpad, noPadding, repeat, replace, rpad } from '../scalar/string.js'
import { commonValidity, isConstantNull } from './operands.js'
import {
  byteRange,
  constantText,
  numbers,
  offsetStep,
  offsetsFor,
  shapeOf,
  stringResult,
  text,
  tooLong,
} from './string-operands.js'

/** Joins the valid values of each row. */
function joinStrings(
  context: KernelContext,
  name: string,
  parameters: readonly Vector[],
  type: DataType,
  length: number,
): Vector {
  const { memory, wasm } = context
  const parts = parameters.filter((parameter) => !isConstantNull(context, parameter))
  if (parts.length === 0) return { ...constantText(context, type, new Uint8Array()), length }
  const shape = shapeOf(parts, length)
  const { rows } = shape
  const sizes = context.scratch(rows * 8)
  memory.u8.fill(0, sizes, sizes + rows * 8)
  const validityOf = (part: Vector) => (part.constant ? 0 : part.validity)
  for (const part of parts) wasm.string_add_sizes(part.offsets, offsetStep(part), validityOf(part), sizes, rows)
  const offsets = offsetsFor(context, rows)
  const bytes = wasm.string_sum_sizes(sizes, offsets, rows)
  if (bytes < 0) throw tooLong(name, ~bytes)
  const values = context.scratch(bytes)
  const ends = context.scratch(rows * 4)
  memory.u8.copyWithin(ends, offsets, offsets + rows * 4)
  for (const part of parts) wasm.string_append(...text(part), validityOf(part), ends, values, rows)
  return stringResult(type, shape, offsets, values)
}

const concatFunction: KernelFunction = {
  name: 'concat',
  canFail: false,
  nullPropagating: false,
  evaluate: (context, parameters, type, length) => joinStrings(context, 'concat', parameters, type, length),
  reference: (values, _types, type) => concat(values, type.kind === 'binary'),
}

const concatOperator: KernelFunction = {
  name: 'concatOperator',
  canFail: false,
  evaluate: (context, parameters, type, length) => joinStrings(context, '||', parameters, type, length),
  reference: (values, _types, type) => concat(values, type.kind === 'binary'),
}

const replaceFunction: KernelFunction = {
  name: 'replace',
  canFail: false,
  evaluate(context, parameters, type, length) {
    const { wasm } = context
    const [argument, search, replacement] = parameters
    const shape = shapeOf(parameters, length)
    const { rows } = shape
    if (search.constant && occursNowhere(context, argument, search, rows)) return { ...argument, type }
    const validity = commonValidity(context, parameters, rows)
    const offsets = offsetsFor(context, rows)
    const [newOffsets, , newStep] = text(replacement)
    const searched = [...text(argument), ...text(search)]
    const bytes = wasm.string_replace_offsets(...searched, newOffsets, newStep, validity, offsets, rows)
    if (bytes < 0) throw tooLong('replace', ~bytes)
    const values = context.scratch(bytes)
    wasm.string_replace(...searched, ...text(replacement), validity, offsets, values, rows)
    return stringResult(type, shape, offsets, values)
  },
  reference: ([value, search, replacement]) => replace(value as string, search as string, replacement as string),
}

/** True if a constant is not even in all rows read as one text. */
function occursNowhere(context: KernelContext, argument: Vector, search: Vector, rows: number): boolean {
  const whole = byteRange(context, argument, rows)
  const wanted = byteRange(context, search, 1)
  if (wanted.size === 0) return true
  return context.wasm.bytes_find(whole.start, whole.size, wanted.start, wanted.size) < 0
}

const repeatFunction: KernelFunction = {
  name: 'repeat',
  canFail: true,
  evaluate(context, parameters, type, length) {
    const { wasm } = context
    const [argument, counts] = parameters
    const shape = shapeOf(parameters, length)
    const { rows } = shape
    const validity = commonValidity(context, parameters, rows)
    const offsets = offsetsFor(context, rows)
    const [textOffsets, textValues, step] = text(argument)
    const bytes = wasm.string_repeat_offsets(textOffsets, step, ...numbers(counts), validity, offsets, rows)
    if (bytes < 0) throw tooLong('repeat', ~bytes)
    const values = context.scratch(bytes)
    wasm.string_repeat(textOffsets, textValues, step, offsets, values, rows)
    return stringResult(type, shape, offsets, values)
  },
  reference: ([value, count]) => repeat(value as string, count as bigint),
}

function padFunction(name: 'lpad' | 'rpad', reference: typeof lpad): KernelFunction {
  return {
    name,
    canFail: true,
    evaluate(context, parameters, type, length) {
      const { wasm } = context
      const [argument, counts, padding] = parameters
      const shape = shapeOf(parameters, length)
      const { rows } = shape
      const validity = commonValidity(context, parameters, rows)
      const offsets = offsetsFor(context, rows)
      const bytes = wasm.string_pad_offsets(
        ...text(argument),
        ...numbers(counts),
        ...text(padding),
        validity,
        offsets,
        rows,
      )
      if (bytes < 0) throw padFailure(context, name, parameters, ~bytes)
      const values = context.scratch(bytes)
      wasm.string_pad(...text(argument), ...text(padding), name === 'lpad' ? 1 : 0, offsets, values, rows)
      return stringResult(type, shape, offsets, values)
    },
    reference: ([value, count, padding]) => reference(value as string, count as number, padding as string),
  }
}

/** The kernel stops where there is no padding to add, or too much. */
function padFailure(
  context: KernelContext,
  name: string,
  [, counts, padding]: readonly Vector[],
  row: number,
): RowError {
  const { i32 } = context.memory
  const at = padding.offsets / 4 + (padding.constant ? 0 : row)
  if (i32[at] !== i32[at + 1]) return tooLong(name, row)
  const [values, step] = numbers(counts)
  return noPadding(name, i32[(values + row * step) / 4], row)
}

export const stringBuildFunctions: readonly KernelFunction[] = [
  concatFunction,
  concatOperator,
  replaceFunction,
  repeatFunction,
  padFunction('lpad', lpad),
  padFunction('rpad', rpad),
]
