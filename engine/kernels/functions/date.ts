/** Functions on dates and times. Arithmetic with them is in `date-arithmetic.ts`. */

import type { Vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { type DataType, TIMESTAMP } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import {
  type DatePart,
  diffReference,
  epochReference,
  lastDayReference,
  makeDateReference,
  partReference,
  truncReference,
  unitSize,
} from '../scalar/date.js'
import { castVector } from './cast.js'
import { commonValidity, failAt, operand, result } from './operands.js'

/** A date as the timestamp of its start; timestamps as they are. */
export function asTimestamp(context: KernelContext, source: Vector): Vector {
  return source.type.kind === 'date' ? castOperand(context, source, TIMESTAMP) : source
}

/** The argument as another type; a constant stays one. */
export function castOperand(context: KernelContext, source: Vector, type: DataType): Vector {
  const { constant, length } = source
  return { ...castVector(context, source, type, false, constant ? 1 : length), constant, length }
}

function part(name: DatePart): KernelFunction {
  return {
    name,
    canFail: false,
    reference: partReference(name),
    evaluate: (context, [source], type, length) => {
      const out = result(context, type, length)
      context.wasm[`${name}_${source.type.kind}`](source.values, out.values, length)
      return out
    },
  }
}

const epoch: KernelFunction = {
  name: 'epoch',
  canFail: false,
  reference: epochReference,
  evaluate: (context, [source], type, length) => {
    const out = result(context, type, length)
    const kernel = source.type.kind === 'date' ? 'epoch_date' : 'epoch_timestamp'
    context.wasm[kernel](source.values, out.values, length)
    return out
  },
}

const dateTrunc: KernelFunction = {
  name: 'dateTrunc',
  canFail: false,
  reference: truncReference,
  evaluate: (context, [unit, source], type, length) => {
    const size = unitSize(readValue(context.memory, unit, 0) as string)
    const { values } = asTimestamp(context, source)
    const rows = source.constant ? 1 : length
    const out = { ...result(context, type, rows), length, constant: source.constant }
    const { wasm } = context
    if ('micros' in size) wasm.trunc_clock(values, out.values, rows, Number(size.micros))
    else if ('weeks' in size) wasm.trunc_week(values, out.values, rows)
    else if ('months' in size) wasm.trunc_calendar(values, out.values, rows, size.months, 1)
    else wasm.trunc_calendar(values, out.values, rows, 12, size.years)
    return out
  },
}

const dateDiff: KernelFunction = {
  name: 'dateDiff',
  canFail: true,
  reference: diffReference,
  evaluate: (context, parameters, type, length) => {
    const [unit, from, to] = parameters
    const size = unitSize(readValue(context.memory, unit, 0) as string)
    const start = operand(context, asTimestamp(context, from))
    const end = operand(context, asTimestamp(context, to))
    const out = result(context, type, length)
    const { wasm } = context
    if ('weeks' in size) wasm.diff_week(...start, ...end, out.values, length)
    else if ('months' in size) wasm.diff_calendar(...start, ...end, out.values, length, size.months)
    else if ('years' in size) wasm.diff_calendar(...start, ...end, out.values, length, size.years * 12)
    else if (size.micros > 1n) wasm.diff_clock(...start, ...end, out.values, length, Number(size.micros))
    else {
      const failed = wasm.sub_i64(...end, ...start, out.values, length, commonValidity(context, parameters, length))
      if (failed >= 0) failAt(context, diffReference, parameters, type, failed)
    }
    return out
  },
}

const lastDay: KernelFunction = {
  name: 'lastDay',
  canFail: false,
  reference: lastDayReference,
  evaluate: (context, [source], type, length) => {
    const out = result(context, type, length)
    context.wasm.last_day(asTimestamp(context, source).values, out.values, length)
    return out
  },
}

const makeDate: KernelFunction = {
  name: 'makeDate',
  canFail: true,
  reference: makeDateReference,
  evaluate: (context, parameters, type, length) => {
    const out = result(context, type, length)
    const operands = parameters.flatMap((parameter) => operand(context, parameter))
    const validity = commonValidity(context, parameters, length)
    const failed = context.wasm.make_date(...operands, out.values, length, validity)
    if (failed >= 0) failAt(context, makeDateReference, parameters, type, failed)
    return out
  },
}

export const dateFunctions: readonly KernelFunction[] = [
  part('year'),
  part('month'),
  part('day'),
  part('quarter'),
  part('dayOfWeek'),
  part('isoDayOfWeek'),
  part('dayOfYear'),
  part('week'),
  part('hour'),
  part('minute'),
  part('second'),
  part('millisecond'),
  part('microsecond'),
  epoch,
  dateTrunc,
  dateDiff,
  makeDate,
  lastDay,
]
