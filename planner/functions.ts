/** The registry: every function by its canonical name and by the names SQL has for it. */

import { AGGREGATES, DISTINCT_IS_IDLE, WINDOWS } from './functions/aggregates.js'
import { ARITHMETIC } from './functions/arithmetic.js'
import type { AggregateFunction, ResolveSignature, ScalarFunction, WindowFunction } from './functions/definition.js'
import { LOGIC } from './functions/logic.js'
import {
  AGGREGATE_NAMES,
  type AggregateName,
  SCALAR_NAMES,
  type ScalarName,
  WINDOW_NAMES,
  type WindowName,
} from './functions/names.js'
import { TEMPORAL } from './functions/temporal.js'
import { TEXT } from './functions/text.js'

export {
  commonTypeOf,
  comparisonType,
  isConditionType,
  isHugeint,
} from './functions/coercion.js'
export type { AggregateFunction, ScalarFunction, WindowFunction } from './functions/definition.js'
export type { AggregateName, ScalarName, WindowName } from './functions/names.js'
export { type DateUnit, datePartFunction, dateUnit } from './functions/temporal.js'

const SCALAR_TYPES: Record<ScalarName, ResolveSignature> = { ...ARITHMETIC, ...LOGIC, ...TEXT, ...TEMPORAL }

const scalars = new Map<string, ScalarFunction>(
  (Object.keys(SCALAR_NAMES) as ScalarName[]).map((name) => {
    const [sqlNames, doc] = SCALAR_NAMES[name]
    return [name, Object.freeze({ kind: 'scalar', name, sqlNames, doc, resolve: SCALAR_TYPES[name] })]
  }),
)

const aggregates = new Map<string, AggregateFunction>(
  (Object.keys(AGGREGATE_NAMES) as AggregateName[]).map((name) => {
    const [sqlNames, doc] = AGGREGATE_NAMES[name]
    const distinctMatters = !DISTINCT_IS_IDLE.has(name)
    return [name, Object.freeze({ kind: 'aggregate', name, sqlNames, doc, distinctMatters, resolve: AGGREGATES[name] })]
  }),
)

const windows = new Map<string, WindowFunction>(
  (Object.keys(WINDOW_NAMES) as WindowName[]).map((name) => {
    const [sqlNames, doc] = WINDOW_NAMES[name]
    return [name, Object.freeze({ kind: 'window', name, sqlNames, doc, ...WINDOWS[name] })]
  }),
)

/** Those with several meanings come with the number of arguments that tells them apart. */
const bySql = new Map(
  [...scalars.values()].flatMap((one) => one.sqlNames.filter(() => one.name !== 'neg').map((sql) => [sql, one])),
)
const aggregatesBySql = new Map([...aggregates.values()].flatMap((one) => one.sqlNames.map((sql) => [sql, one])))
const windowsBySql = new Map([...windows.values()].flatMap((one) => one.sqlNames.map((sql) => [sql, one])))

/** The scalar function of this canonical name. */
export function functionNamed(name: string): ScalarFunction | null {
  return scalars.get(name) ?? null
}

/** The scalar function that SQL calls by this name or operator, in any case, with so many arguments. */
export function functionForSql(sqlName: string, argumentCount: number): ScalarFunction | null {
  if (sqlName === '-' && argumentCount === 1) return functionNamed('neg')
  return bySql.get(sqlName.toLowerCase()) ?? null
}

export function aggregateNamed(name: string): AggregateFunction | null {
  return aggregates.get(name) ?? null
}

/** `count(distinct x)` is `count` here; see `countDistinct`. */
export function aggregateForSql(sqlName: string): AggregateFunction | null {
  return aggregatesBySql.get(sqlName.toLowerCase()) ?? null
}

/** The function of this canonical name that exists only over a window. */
export function windowNamed(name: string): WindowFunction | null {
  return windows.get(name) ?? null
}

export function windowForSql(sqlName: string): WindowFunction | null {
  return windowsBySql.get(sqlName.toLowerCase()) ?? null
}

/** All functions, for documentation, suggestions and checks that nothing lacks a kernel. */
export function allFunctions(): readonly (ScalarFunction | AggregateFunction | WindowFunction)[] {
  return [...scalars.values(), ...aggregates.values(), ...windows.values()]
}
