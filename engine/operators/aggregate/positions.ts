/** First and last values by position in the input, and the first that is not null. */

import { type Vector, vector } from '../../../io/batch.js'
import { type DataType, INT64, isNested, isVariableLength, UINT32 } from '../../../planner/types.js'
import { isUnsigned64, isWide, orderedWords, vectorOfWords } from '../../kernels/vectors/words.js'
import { plain } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { Accumulator, Finish, Input, PartialRows, Target } from './accumulator.js'
import { byteHeap, byteRowsOf, fillHeap, readBytes } from './byte-heap.js'
import { SliceRows } from './slice-rows.js'
import { readCounted } from './sums.js'

/** `first` and `last` take nulls as they come; `anyValue` passes over them. */
export type PositionFunction = 'first' | 'last' | 'anyValue'

/** Where an accumulator has whether its value is valid, and the value or the reference to it. */
const VALID = 8
const VALUE = 16

export function positionAccumulator(type: DataType, name: PositionFunction): Accumulator {
  const last = name === 'last' ? 1 : 0
  const included = (input: Input) => (name === 'anyValue' ? input.valid : input.included)
  return isVariableLength(type) || isNested(type)
    ? positionOfBytes(type, name, last, included)
    : positionOfWords(type, name, last, included)
}

function positionOfWords(
  type: DataType,
  key: PositionFunction,
  last: number,
  included: (input: Input) => number,
): Accumulator {
  const width = isWide(type) ? 16 : 8
  return {
    key,
    bytes: VALUE + width,
    auxiliary: null,
    update({ context, base, stride }, rows, input) {
      const { length, groups, position, ordinals } = rows
      const values = rawWords(context, plain(context, input.argument!))
      context.wasm.aggregate_position_words(
        ...([values, width, input.valid, included(input), groups, length] as const),
        ...([position, ordinals, last, base, stride] as const),
      )
    },
    addPartials(target, rows, columns) {
      addPositions(this, target, rows, columns)
    },
    merge({ context, base, stride }, source, { groups, entries, count }) {
      context.wasm.aggregate_merge_position_words(
        ...([base, stride, groups, source.base, source.stride, entries, count, width, last] as const),
      )
    },
    finish(target) {
      const { context, base, stride } = target
      return (entries, count) => {
        const values = context.scratch(count * width)
        context.wasm.group_copy_words(base + VALUE, stride, width, entries, count, values)
        return vectorOfRawWords(context, type, values, readCounted(target, VALID, entries, count), count)
      }
    },
    partials(target, aggregate) {
      return partialsOf(target, this.finish(target, aggregate))
    },
  }
}

function positionOfBytes(
  type: DataType,
  key: PositionFunction,
  last: number,
  included: (input: Input) => number,
): Accumulator {
  return {
    key,
    bytes: VALUE + 8,
    auxiliary: byteHeap,
    update(target, rows, input) {
      const { context, base, stride, auxiliary } = target
      const { length, groups, position, ordinals } = rows
      const { offsets, values, codes } = byteRowsOf(context, input.argument!)
      fillHeap(target, VALUE, length, (row) =>
        context.wasm.aggregate_position_bytes(
          ...([offsets, values, codes, input.valid, included(input), groups, row, length] as const),
          ...([position, ordinals, last, base, stride, auxiliary] as const),
        ),
      )
    },
    addPartials(target, rows, columns) {
      addPositions(this, target, rows, columns)
    },
    merge(target, source, { groups, entries, count }) {
      const { context, base, stride, auxiliary } = target
      fillHeap(target, VALUE, count, (row) =>
        context.wasm.aggregate_merge_position_bytes(
          ...([base, stride, groups, source.base, source.stride, entries, row, count, last] as const),
          ...([auxiliary, source.auxiliary] as const),
        ),
      )
    },
    finish(target) {
      return (entries, count) =>
        readBytes(target, VALUE, type, readCounted(target, VALID, entries, count), entries, count)
    },
    partials(target, aggregate) {
      return partialsOf(target, this.finish(target, aggregate))
    },
  }
}

/** Adds values whose positions are given, for rows that have one. */
function addPositions(
  accumulator: Accumulator,
  { context, ...target }: Target,
  { length, groups, groupCount }: SliceRows,
  [positions, value]: readonly Vector[],
): void {
  const { values, validity } = plain(context, positions)
  const rows = new SliceRows(context, length, groups, groupCount, 0, values)
  accumulator.update({ context, ...target }, rows, { argument: value, valid: value.validity, included: validity })
}

function partialsOf(target: Target, read: Finish): PartialRows {
  const { context, base, stride } = target
  return {
    ofGroups(entries, count) {
      const positions = context.scratch(count * 8)
      context.wasm.group_copy_words(base, stride, 8, entries, count, positions)
      const validity = readCounted(target, 0, entries, count)
      return [vector(INT64, count, { validity, values: positions }), read(entries, count)]
    },
    further: null,
  }
}

/** Values as words that keep every bit, unlike ordered words, which have one zero and one NaN. */
function rawWords(context: OperatorContext, source: Vector): number {
  if (source.type.kind === 'null') return 0
  if (source.width === 8 && !isWide(source.type)) return source.values
  return orderedWords(context, source.type.kind === 'float' ? { ...source, type: UINT32 } : source)
}

function vectorOfRawWords(
  context: OperatorContext,
  type: DataType,
  words: number,
  validity: number,
  length: number,
): Vector {
  if (type.kind === 'null') return vector(type, length)
  if (isUnsigned64(type) || (type.kind === 'float' && type.bits === 64)) {
    return vector(type, length, { validity, values: words })
  }
  if (type.kind === 'float') return { ...vectorOfWords(context, UINT32, words, validity, length), type }
  return vectorOfWords(context, type, words, validity, length)
}
