/**
 * Partial results of an aggregation as rows of a table, to be merged by one GROUP BY.
 *
 * A row has a group's keys and what some of its input came to; any number of rows may be about one group. A column that a
 * row says nothing about is null. Columns of partial N, by form:
 *
 *   count     pN_count                       values
 *   sum       pN_sum, pN_count               null if there were no values; the count only where a mean asks for it
 *   extreme   pN_value                       least or greatest
 *   position  pN_position, pN_value          of the row that was chosen, its position in the input plus 1; null if none was
 *   moments   pN_size, pN_mean, pN_spread    values, their mean, and the sum of squared distances from it
 *   values    pN_value                       one value; further rows have the others
 *   nothing                                  of an argument that has no type, as it is always null
 */

import type { AggregateDescriptor } from '../aggregate-descriptor.js'
import { InternalError, unreachable } from '../errors.js'
import type { TypedAggregate, TypedExpression } from '../expression.js'
import { expressionKey } from '../expression-tree.js'
import { DISTINCT_IS_IDLE } from '../functions/aggregates.js'
import type { AggregateName } from '../functions/names.js'
import { type DataType, decimal, type Field, FLOAT64, field, INT64, type Schema, schemaOf } from '../types.js'

type PartialForm =
  | { readonly kind: 'count' | 'moments' | 'nothing' }
  | { readonly kind: 'sum'; readonly type: DataType; readonly counted: boolean }
  | { readonly kind: 'extreme'; readonly type: DataType; readonly greatest: boolean }
  | { readonly kind: 'position'; readonly type: DataType; readonly choice: 'first' | 'last' | 'anyValue' }
  /** Where only different values count, rows may still repeat one. */
  | { readonly kind: 'values'; readonly type: DataType; readonly distinct: boolean }

/** What one or more aggregates are merged from. */
export interface Partial {
  readonly form: PartialForm
  /** The columns' prefix: p0, p1, ... */
  readonly name: string
  /** The first aggregate that needs it, whose argument and filter it is about. */
  readonly source: number
  readonly fields: readonly Field[]
}

export interface PartialPlan {
  readonly partials: readonly Partial[]
  /** For each aggregate, its place in `partials`. */
  readonly places: readonly number[]
  /** For each key its column; null for a key without a type, which is null in every row. */
  readonly keys: readonly (Field | null)[]
  readonly schema: Schema
}

export function planPartials({ keys, aggregates }: AggregateDescriptor): PartialPlan {
  const forms = aggregates.map(formOf)
  const identities = forms.map((form, i) => identityOf(form, aggregates[i]))
  const sources = [...new Set(identities)].map((identity) => identities.indexOf(identity))
  const partials = sources.map((source, place): Partial => {
    const name = `p${place}`
    const sharing = aggregates.filter((_, i) => identities[i] === identities[source])
    const form = withCount(forms[source], sharing)
    return { form, name, source, fields: fieldsOf(name, form) }
  })
  const keyFields = keys.map(({ type }, i) => (type.kind === 'null' ? null : field(`k${i}`, type)))
  const fields = [...keyFields.filter((key) => key !== null), ...partials.flatMap((partial) => partial.fields)]
  return {
    partials,
    places: identities.map((identity) => sources.indexOf(identities.indexOf(identity))),
    keys: keyFields,
    schema: schemaOf(fields.length === 0 ? [field('nothing', INT64)] : fields),
  }
}

/** The columns of exported partial results: keys that have a type, then those of the partials. */
export function partialSchema(descriptor: AggregateDescriptor): Schema {
  return planPartials(descriptor).schema
}

function formOf(aggregate: TypedAggregate): PartialForm {
  const name = aggregate.function as AggregateName
  const type = aggregate.argument?.type
  if (type === undefined) return { kind: 'count' }
  if (type.kind === 'null') return { kind: name === 'count' || name === 'countDistinct' ? 'count' : 'nothing' }
  if (name === 'countDistinct' || (aggregate.distinct && !DISTINCT_IS_IDLE.has(name))) {
    return { kind: 'values', type, distinct: true }
  }
  switch (name) {
    case 'count':
    case 'countStar':
      return { kind: 'count' }
    case 'sum':
    case 'mean':
      return { kind: 'sum', type: partialSumType(type), counted: false }
    case 'min':
    case 'boolAnd':
      return { kind: 'extreme', type, greatest: false }
    case 'max':
    case 'boolOr':
      return { kind: 'extreme', type, greatest: true }
    case 'first':
    case 'last':
    case 'anyValue':
      return { kind: 'position', type, choice: name }
    case 'stddev':
    case 'stddevPop':
    case 'variance':
    case 'variancePop':
      return { kind: 'moments' }
    case 'median':
    case 'quantileCont':
    case 'quantileDisc':
      return { kind: 'values', type, distinct: false }
    default:
      throw new InternalError(`no partial results of ${JSON.stringify(name satisfies never)}`)
  }
}

/** Sums of whatever is no float are exact; those of times and durations are in their units. */
export function partialSumType(type: DataType): DataType {
  if (type.kind === 'float') return FLOAT64
  return decimal(38, type.kind === 'decimal' ? type.scale : 0)
}

function withCount(form: PartialForm, sharing: readonly TypedAggregate[]): PartialForm {
  if (form.kind !== 'sum') return form
  return { ...form, counted: sharing.some((aggregate) => aggregate.function === 'mean') }
}

/** Equal for aggregates that can share a partial. */
function identityOf(form: PartialForm, { argument, filter }: TypedAggregate): string {
  const key = (expression: TypedExpression | null) => (expression === null ? null : expressionKey(expression))
  return JSON.stringify([form, key(argument), key(filter)])
}

function fieldsOf(name: string, form: PartialForm): Field[] {
  switch (form.kind) {
    case 'nothing':
      return []
    case 'count':
      return [field(`${name}_count`, INT64)]
    case 'sum':
      return [field(`${name}_sum`, form.type), ...(form.counted ? [field(`${name}_count`, INT64)] : [])]
    case 'extreme':
    case 'values':
      return [field(`${name}_value`, form.type)]
    case 'position':
      return [field(`${name}_position`, INT64), field(`${name}_value`, form.type)]
    case 'moments':
      return [field(`${name}_size`, INT64), field(`${name}_mean`, FLOAT64), field(`${name}_spread`, FLOAT64)]
    default:
      return unreachable(form)
  }
}
