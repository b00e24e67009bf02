/** Which accumulator computes which aggregate. */

import { bitmapBytes, vector } from '../../../io/batch.js'
import { InternalError } from '../../../planner/errors.js'
import type { TypedAggregate } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'
import type { Accumulator } from './accumulator.js'
import { distinctAccumulator } from './distinct-values.js'
import { extremeAccumulator } from './extremes.js'
import { moments } from './moments.js'
import { positionAccumulator } from './positions.js'
import { quantileAccumulator } from './quantiles.js'
import { countAccumulator, floatSum, integerSum } from './sums.js'

export function accumulatorFor(aggregate: TypedAggregate): Accumulator {
  const { argument } = aggregate
  if (argument === null) return countAccumulator
  if (argument.type.kind === 'null') return isCount(aggregate) ? countAccumulator : alwaysNull
  const plain = plainAccumulator(aggregate, argument.type)
  return isDistinct(aggregate) ? distinctAccumulator(argument.type, plain) : plain
}

function isCount({ function: name }: TypedAggregate): boolean {
  return name === 'count' || name === 'countStar' || name === 'countDistinct'
}

/** Repeated values change nothing for extremes and for the value at a position. */
function isDistinct({ distinct, function: name }: TypedAggregate): boolean {
  if (name === 'countDistinct') return true
  return distinct && !['min', 'max', 'boolAnd', 'boolOr', 'first', 'last', 'anyValue', 'countStar'].includes(name)
}

function plainAccumulator({ function: name }: TypedAggregate, type: DataType): Accumulator {
  switch (name) {
    case 'count':
    case 'countStar':
    case 'countDistinct':
      return countAccumulator
    case 'sum':
    case 'mean':
      return type.kind === 'float' ? floatSum : integerSum
    case 'min':
    case 'boolAnd':
      return extremeAccumulator(type, false)
    case 'max':
    case 'boolOr':
      return extremeAccumulator(type, true)
    case 'first':
    case 'last':
    case 'anyValue':
      return positionAccumulator(type, name)
    case 'stddev':
    case 'stddevPop':
    case 'variance':
    case 'variancePop':
      return moments
    case 'median':
    case 'quantileCont':
    case 'quantileDisc':
      return quantileAccumulator(type)
    default:
      throw new InternalError(`no aggregate function '${name}'`)
  }
}

/** Of an argument that has no type, as it is always null. */
const alwaysNull: Accumulator = {
  key: 'null',
  bytes: 0,
  auxiliary: null,
  update() {},
  merge() {},
  addPartials() {},
  partials: () => ({ ofGroups: () => [], further: null }),
  finish({ context }, { type }) {
    return (_, count) => {
      if (type.kind === 'null') return vector(type, count)
      const bytes = Math.max(bitmapBytes(count), (count + 1) * 16)
      const zeros = context.scratch(bytes)
      context.memory.u8.fill(0, zeros, zeros + bytes)
      return vector(type, count, { validity: zeros, offsets: zeros, values: zeros })
    }
  },
}
