/** What is aggregated, and which part of it passes through rows of partial results. */

import type { AggregateDescriptor } from '../../../engine/operators/aggregate.js'
import type { ScalarValue, TypedAggregate } from '../../../planner/expression.js'
import { AGGREGATES, DISTINCT_IS_IDLE } from '../../../planner/functions/aggregates.js'
import type { AggregateName } from '../../../planner/functions/names.js'
import { type DataType, field, INT64, schemaOf } from '../../../planner/types.js'
import { type Column, textOf } from './tables.js'

export interface AggregateSpec {
  readonly function: AggregateName
  readonly argument: string | null
  readonly type: DataType
  readonly parameter?: number
  readonly distinct?: boolean
  readonly filter?: string
}

export interface Scenario {
  readonly columns: readonly Column[]
  readonly keys: readonly string[]
  readonly specs: readonly AggregateSpec[]
  /** What becomes of each slice of `SLICE_ROWS` rows: the state that takes it, or 'raw' if none does. */
  readonly slices: readonly (number | 'raw')[]
  /** Slices after which all states are exported and begin anew. */
  readonly exports: ReadonlySet<number>
  readonly partitions: number
}

/** Rows of a batch that are fed to a state at once. */
export const SLICE_ROWS = 16
export const ROWS = 200

export function descriptorOf({ columns, keys, specs }: Scenario): AggregateDescriptor {
  const index = (name: string) => columns.findIndex((one) => one.name === name)
  const typeOf = (name: string) => columns[index(name)].type
  const expression = (name: string | null | undefined) =>
    name === null || name === undefined
      ? null
      : ({ kind: 'column', index: index(name), name, type: typeOf(name) } as const)
  const aggregates = specs.map(
    (spec, i): TypedAggregate => ({
      name: `a ${i}`,
      function: spec.function,
      argument: expression(spec.argument),
      parameter: spec.parameter ?? null,
      distinct: spec.distinct ?? false,
      filter: expression(spec.filter),
      type: spec.type,
    }),
  )
  return {
    keys: keys.map((name) => ({ name, type: typeOf(name) })),
    aggregates,
    schema: schemaOf([
      ...keys.map((name) => field(name, typeOf(name))),
      ...aggregates.map(({ name, type }) => field(name, type)),
    ]),
  }
}

export function inTurn(rows = ROWS, every = 5): Pick<Scenario, 'slices' | 'exports' | 'partitions'> {
  const count = Math.ceil(rows / SLICE_ROWS)
  return {
    slices: Array.from({ length: count }, (_, i) => (i % 4 === 3 ? 'raw' : i % 4)),
    exports: new Set(Array.from({ length: count }, (_, i) => i).filter((i) => i % every === every - 1)),
    partitions: 2,
  }
}

export function specOf(
  name: AggregateName,
  argument: string,
  type: DataType,
  more: Partial<AggregateSpec> = {},
): AggregateSpec {
  const signature = AGGREGATES[name]([type], [])
  if (signature === null) throw new Error(`${name} takes no ${type.kind}`)
  return { function: name, argument, type: signature.result, ...more }
}

export const countStar: AggregateSpec = { function: 'countStar', argument: null, type: INT64 }

const NAMES = Object.keys(AGGREGATES).filter((name) => name !== 'countStar') as AggregateName[]

/** All aggregates that take a type as it is, each plain, with a filter and over different values. */
export function specsOf(argument: string, type: DataType): AggregateSpec[] {
  return NAMES.flatMap((name) => {
    const signature = AGGREGATES[name]([type], [])
    const isTaken = signature !== null && JSON.stringify(signature.parameters[0]) === JSON.stringify(type)
    if (!isTaken) return []
    const parameter = name.startsWith('quantile') ? 0.3 : undefined
    const spec = specOf(name, argument, type, { parameter })
    const distinct = DISTINCT_IS_IDLE.has(name) ? [] : [{ ...spec, distinct: true }]
    return [spec, ...distinct, { ...spec, filter: 'keep' }]
  })
}

/** Values whose sums stay finite and, mostly, below 128 bits. */
export function summable(column: Column): Column {
  const { type } = column
  const tame = (value: ScalarValue): ScalarValue => {
    if (type.kind === 'decimal' && type.precision > 18) return value === null ? null : (value as bigint) / 1000n
    return type.kind === 'float' && !Number.isFinite(value) ? null : value
  }
  return { ...column, values: column.values.map(tame) }
}

/** All but what is made of sums of floats is exact. */
export function sameValue(
  { columns }: Scenario,
  spec: AggregateSpec,
  actual: ScalarValue,
  expected: ScalarValue,
): boolean {
  const isSum = spec.function === 'sum' || spec.function === 'mean'
  const ofFloats = columns.find(({ name }) => name === spec.argument)?.type.kind === 'float'
  const isRounded = (isSum && ofFloats) || /^(stddev|variance)/.test(spec.function)
  if (isRounded && typeof actual === 'number' && typeof expected === 'number' && Number.isFinite(expected)) {
    return Math.abs(actual - expected) <= 1e-12 * Math.max(1e-300, Math.abs(expected))
  }
  return textOf(actual) === textOf(expected)
}
