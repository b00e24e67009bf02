/** Raw rows in the form of `partial-form.ts`, to be merged with what is staged of others. */

import type { AggregateDescriptor } from '../aggregate-descriptor.js'
import { InternalError, unreachable } from '../errors.js'
import { type DataType, type Field, typeName } from '../types.js'
import { unitsOf } from './instants.js'
import { type Partial, planPartials } from './partial-form.js'
import { duckDbType } from './types.js'

/** SQL over the columns of the input, by key and by aggregate. */
export interface RawInput {
  readonly keys: readonly string[]
  /** Of the types of the descriptor's arguments; null for `countStar`. */
  readonly arguments: readonly (string | null)[]
  /** Conditions; null where an aggregate has none. */
  readonly filters: readonly (string | null)[]
  /** The ordinal of a row, on the scale of the positions that states were given. Needed by first and last values only. */
  readonly position: string
  /** A table's name, or a query in parentheses. */
  readonly from: string
}

/**
 * A query for the columns of `partialSchema`: a row for each row of input and, for variances, one for each group, so that
 * merging need not look at every value twice.
 */
export function rawPartialsSql(descriptor: AggregateDescriptor, input: RawInput): string {
  const { keys, partials, schema } = planPartials(descriptor)
  const keyValues = keys.flatMap((key, i) =>
    key === null ? [] : [{ name: key.name, value: canonical(key.type, input.keys[i]) }],
  )
  const moments = partials.filter(({ form }) => form.kind === 'moments')
  const grouped = moments.map((partial) => groupedMoments(schema.fields, partial, keyValues, input))
  if (moments.length === partials.length && moments.length > 0) return grouped.join(UNION)
  const values = partials.flatMap((partial) => {
    const own = valuesOf(partial, descriptor, input)
    return partial.form.kind === 'moments' ? [] : partial.fields.map(({ name }, i) => ({ name, value: own[i] }))
  })
  const rows = `SELECT ${columns(schema.fields, [...keyValues, ...values])} FROM ${input.from}`
  return [rows, ...grouped].join(UNION)
}

const UNION = ' UNION ALL '

interface NamedValue {
  readonly name: string
  readonly value: string
}

function groupedMoments(
  fields: readonly Field[],
  partial: Partial,
  keys: readonly NamedValue[],
  input: RawInput,
): string {
  const values = [...keys, { name: 'x', value: `CAST(${chosen(partial, input)} AS DOUBLE)` }]
  const rows = `SELECT ${values.map(({ name, value }) => `${value} AS ${name}`).join(', ')} FROM ${input.from}`
  const names = keys.map(({ name }) => name)
  const results = ['count(x)', 'favg(x)', 'var_pop(x) * count(x)']
  const known = [
    ...names.map((name) => ({ name, value: name })),
    ...partial.fields.map(({ name }, i) => ({ name, value: results[i] })),
  ]
  const groupBy = names.length === 0 ? '' : ` GROUP BY ${names.join(', ')}`
  return `SELECT ${columns(fields, known)} FROM (${rows})${groupBy}`
}

/** All columns of the schema, those that are not given null. */
function columns(fields: readonly Field[], known: readonly NamedValue[]): string {
  const values = new Map(known.map(({ name, value }) => [name, value]))
  return fields
    .map(({ name, type }) => `CAST(${values.get(name) ?? 'NULL'} AS ${storedType(type)}) AS ${name}`)
    .join(', ')
}

function storedType(type: DataType): string {
  const name = duckDbType(type)
  if (name === null) throw new InternalError(`no column of ${typeName(type)} in DuckDB`)
  return name
}

/** The columns of a partial for one row. */
function valuesOf(partial: Partial, descriptor: AggregateDescriptor, input: RawInput): readonly string[] {
  const { form, source } = partial
  const value = chosen(partial, input)
  switch (form.kind) {
    case 'nothing':
    case 'moments':
      return []
    case 'count':
      return [counted(partial, input)]
    case 'sum': {
      const { type } = descriptor.aggregates[source].argument!
      const isNumber = type.kind === 'float' || type.kind === 'int' || type.kind === 'decimal'
      return [isNumber ? value : unitsOf(type, value), counted(partial, input)]
    }
    case 'extreme':
    case 'values':
      return [canonical(form.type, value)]
    case 'position': {
      const included = form.choice === 'anyValue' ? `${value} IS NOT NULL` : (input.filters[source] ?? 'true')
      return [`CASE WHEN ${included} THEN ${input.position} + 1 END`, value]
    }
    default:
      return unreachable(form)
  }
}

/** The argument of the rows that pass the filter. */
function chosen({ source }: Partial, { arguments: values, filters }: RawInput): string {
  const [value, filter] = [values[source], filters[source]]
  if (value === null) return 'NULL'
  return filter === null ? `(${value})` : `(CASE WHEN ${filter} THEN ${value} END)`
}

function counted(partial: Partial, input: RawInput): string {
  const { source } = partial
  const isStar = input.arguments[source] === null
  const condition = isStar ? (input.filters[source] ?? 'true') : `${chosen(partial, input)} IS NOT NULL`
  return `CASE WHEN ${condition} THEN 1 ELSE 0 END`
}

/** One NaN and one zero, as states keep them. */
function canonical(type: DataType, value: string): string {
  if (type.kind !== 'float') return value
  return `CASE WHEN isnan(${value}) THEN 'nan' WHEN ${value} = 0 THEN 0 ELSE ${value} END`
}
