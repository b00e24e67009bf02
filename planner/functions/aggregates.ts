/** Types of aggregates and of the functions that exist only over windows. */

import {
  BOOL,
  type DataType,
  decimal,
  FLOAT64,
  HUGEINT,
  INT8,
  INT32,
  INT64,
  isInteger,
  isNested,
  isNumeric,
  TIMESTAMP,
  timestamp,
} from '../types.js'
import { isHugeint } from './coercion.js'
import type { ResolveSignature, Signature } from './definition.js'
import type { AggregateName, WindowName } from './names.js'

/** For functions of one column: the type it is cast to and that of the result. */
function ofColumn(types: (type: DataType) => readonly [DataType, DataType] | null): ResolveSignature {
  return ([type, ...rest]) => {
    if (type === undefined || rest.length > 0) return null
    const chosen = types(type)
    return chosen === null ? null : { parameters: [chosen[0]], result: chosen[1] }
  }
}

/** Any type whose values can be told apart and ordered; an untyped null counts as an integer. */
function comparable(type: DataType): DataType | null {
  if (type.kind === 'null') return INT32
  return isNested(type) || type.kind === 'interval' ? null : type
}

const counting: ResolveSignature = (types) => (types.length === 1 ? { parameters: types, result: INT64 } : null)

const keeping = ofColumn((type) => {
  const kept = comparable(type)
  return kept === null ? null : [kept, kept]
})

/** Kernels take integers of any width; only floats are widened. */
const sum = ofColumn((type) => {
  if (type.kind === 'bool') return [INT8, HUGEINT]
  if (type.kind === 'null') return [INT32, HUGEINT]
  if (isInteger(type)) return [type, HUGEINT]
  if (type.kind === 'decimal') return [type, decimal(38, type.scale)]
  return type.kind === 'float' ? [FLOAT64, FLOAT64] : null
})

const mean = ofColumn((type) => {
  if (type.kind === 'null') return [INT32, FLOAT64]
  if (isInteger(type) || type.kind === 'decimal') return [type, FLOAT64]
  return type.kind === 'float' ? [FLOAT64, FLOAT64] : betweenInstants(type)
})

const spread = ofColumn((type) => (isNumeric(type) || type.kind === 'null' ? [FLOAT64, FLOAT64] : null))

/** What interpolation between two values of a type gives, or null if there is nothing between. */
const interpolated = (type: DataType): readonly [DataType, DataType] | null => {
  if (isInteger(type) || isHugeint(type) || type.kind === 'null') return [FLOAT64, FLOAT64]
  return isNumeric(type) ? [type, type] : betweenInstants(type)
}

function betweenInstants(type: DataType): readonly [DataType, DataType] | null {
  if (type.kind === 'date') return [TIMESTAMP, TIMESTAMP]
  if (type.kind === 'timestamp') {
    const micros = timestamp('us', type.zone)
    return [micros, micros]
  }
  return type.kind === 'time' || type.kind === 'duration' ? [type, type] : null
}

/** Timestamps keep their unit; types without anything between two values, such as text, have one of them as median. */
const median = ofColumn((type) => {
  if (type.kind === 'timestamp') return [type, type]
  const kept = comparable(type)
  return interpolated(type) ?? (kept === null ? null : [kept, kept])
})

const logical = ofColumn((type) => (type.kind === 'bool' || type.kind === 'null' ? [BOOL, BOOL] : null))

export const AGGREGATES: Record<AggregateName, ResolveSignature> = {
  count: counting,
  countStar: (types) => (types.length === 0 ? { parameters: [], result: INT64 } : null),
  countDistinct: ofColumn((type) => {
    const kept = comparable(type)
    return kept === null ? null : [kept, INT64]
  }),
  sum,
  mean,
  min: keeping,
  max: keeping,
  first: keeping,
  anyValue: keeping,
  last: keeping,
  stddev: spread,
  stddevPop: spread,
  variance: spread,
  variancePop: spread,
  median,
  quantileCont: ofColumn(interpolated),
  quantileDisc: keeping,
  boolAnd: logical,
  boolOr: logical,
}

/** Aggregates that see each value once anyway, or one value only. */
export const DISTINCT_IS_IDLE: ReadonlySet<AggregateName> = new Set<AggregateName>([
  'min',
  'max',
  'first',
  'anyValue',
  'last',
  'boolAnd',
  'boolOr',
  'countStar',
  'countDistinct',
])

const ranking = (result: DataType): ResolveSignature => {
  const signature: Signature = { parameters: [], result }
  return (types) => (types.length === 0 ? signature : null)
}

/** The value of a row some way off: its type is that of the column, to which the default is cast. */
const offset: ResolveSignature = (types) => {
  const kept = types.length >= 1 && types.length <= 3 ? comparable(types[0]) : null
  return kept === null ? null : { parameters: [kept, INT64, kept].slice(0, types.length), result: kept }
}

export const WINDOWS: Record<
  WindowName,
  { readonly arity: readonly [number, number]; readonly resolve: ResolveSignature }
> = {
  rowNumber: { arity: [0, 0], resolve: ranking(INT64) },
  rank: { arity: [0, 0], resolve: ranking(INT64) },
  denseRank: { arity: [0, 0], resolve: ranking(INT64) },
  percentRank: { arity: [0, 0], resolve: ranking(FLOAT64) },
  cumeDist: { arity: [0, 0], resolve: ranking(FLOAT64) },
  ntile: {
    arity: [1, 1],
    resolve: (types) => (types.length === 1 && isInteger(types[0]) ? { parameters: [INT64], result: INT64 } : null),
  },
  lag: { arity: [1, 3], resolve: offset },
  lead: { arity: [1, 3], resolve: offset },
  firstValue: { arity: [1, 1], resolve: keeping },
  lastValue: { arity: [1, 1], resolve: keeping },
  nthValue: {
    arity: [2, 2],
    resolve: (types) => (types.length === 2 && isInteger(types[1]) ? offset(types, []) : null),
  },
}
