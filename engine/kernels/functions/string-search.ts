/** Functions that search in text: contains, startsWith, endsWith and position. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { position } from '../scalar/string.js'
import { byteRange, shapeOf, text } from './string-operands.js'

export type Place = 'anywhere' | 'start' | 'end'

const PLACES: Record<Place, number> = { anywhere: 0, start: 1, end: 2 }

/** Tells which rows have the bytes of `search` at a place. A bool vector in scratch, constant if both arguments are. */
export function searchStrings(
  context: KernelContext,
  place: Place,
  argument: Vector,
  search: Vector,
  length: number,
): Vector {
  const { rows, constant } = shapeOf([argument, search], length)
  const values = context.scratch(bitmapBytes(rows))
  const { start, size } = byteRange(context, search, rows)
  if (place === 'anywhere' && search.constant && !argument.constant && size > 0) {
    context.wasm.string_contains_constant(argument.offsets, argument.values, start, size, values, rows)
  } else context.wasm.string_match(...text(argument), ...text(search), PLACES[place], values, rows)
  return vector(BOOL, length, { values, constant })
}

function searchFunction(
  name: string,
  place: Place,
  reference: (value: string, search: string) => boolean,
): KernelFunction {
  return {
    name,
    canFail: false,
    evaluate: (context, [argument, search], _type, length) => searchStrings(context, place, argument, search, length),
    reference: ([value, search]) => reference(value as string, search as string),
  }
}

const positionFunction: KernelFunction = {
  name: 'position',
  canFail: false,
  evaluate(context, parameters, type, length) {
    const [argument, search] = parameters
    const { rows, constant } = shapeOf(parameters, length)
    const values = context.scratch(rows * 8)
    context.wasm.string_position(...text(argument), ...text(search), values, rows)
    return vector(type, length, { values, constant })
  },
  reference: ([value, search]) => position(value as string, search as string),
}

export const stringSearchFunctions: readonly KernelFunction[] = [
  searchFunction('contains', 'anywhere', (value, search) => value.includes(search)),
  searchFunction('startsWith', 'start', (value, search) => value.startsWith(search)),
  searchFunction('endsWith', 'end', (value, search) => value.endsWith(search)),
  positionFunction,
]
