/** Resolves joins: pairs keys in a common type, and gives the right side's columns names of their own. */

import { VolleyError } from '../errors.js'
import type { TypedExpression } from '../expression.js'
import { comparisonType } from '../functions.js'
import type { JoinKind, LogicalPlan, ResolvedPlan } from '../logical-plan.js'
import { type DataType, type Field, field, type Schema, schemaOf, typeName } from '../types.js'
import { columnAt, columnIndex } from './columns.js'
import { cast } from './constants.js'
import { resolve } from './expressions.js'
import { castColumns } from './projection.js'
import { isComparable } from './windows.js'

type JoinPlan = Extract<LogicalPlan, { kind: 'join' }>

interface KeyPair {
  readonly left: TypedExpression
  readonly right: TypedExpression
  readonly type: DataType
}

export function resolveJoin(left: ResolvedPlan, right: ResolvedPlan, plan: JoinPlan): ResolvedPlan {
  const { how, sharedKeys } = plan
  const keys = plan.leftOn.map((_, i) => resolveKey(left, right, plan, i))
  const takesRightKeys = sharedKeys && (how === 'right' || how === 'full')
  const source = takesRightKeys ? widenKeys(left, keys) : left
  const leftKeys = keys.map(({ left: key, type }) =>
    key.kind === 'column' && takesRightKeys ? columnAt(source.schema, key.index) : cast(key, type),
  )
  const rightKeys = keys.map(({ right: key, type }) => cast(key, type))
  const rightColumns = keptRightColumns(right.schema, keys, plan)
  return {
    kind: 'join',
    schema: joinedSchema(source.schema, right.schema, rightColumns, plan),
    left: source,
    right,
    how,
    leftKeys,
    rightKeys,
    rightColumns,
    sharedKeys,
  }
}

function resolveKey(left: ResolvedPlan, right: ResolvedPlan, plan: JoinPlan, i: number): KeyPair {
  const a = resolve(plan.leftOn[i], { schema: left.schema, place: 'the left keys of join' })
  const b = resolve(plan.rightOn[i], { schema: right.schema, place: 'the right keys of join' })
  const [from, to] = [a.typed.type, b.typed.type]
  const type = comparisonType({ type: from, literal: a.literal }, { type: to, literal: b.literal }, true)
  if (type !== null && isComparable(type)) return { left: a.typed, right: b.typed, type }
  throw new VolleyError(
    'VOLLEY_TYPE_MISMATCH',
    `key ${i + 1} of the join is ${typeName(from)} on the left but ${typeName(to)} on the right: cast one of them`,
    { expected: typeName(from), actual: typeName(to) },
  )
}

/** The left side with key columns in the type they are joined in, as they will take values of the right side too. */
function widenKeys(left: ResolvedPlan, keys: readonly KeyPair[]): ResolvedPlan {
  const types = new Map(keys.map((key) => [key.left.kind === 'column' ? key.left.index : -1, key.type]))
  const columns = left.schema.fields.map((_, i) => {
    const type = types.get(i)
    const column = columnAt(left.schema, i)
    return type === undefined ? column : cast(column, type)
  })
  return castColumns(left, columns)
}

function keptRightColumns(right: Schema, keys: readonly KeyPair[], plan: JoinPlan): readonly number[] {
  if (plan.how === 'semi' || plan.how === 'anti') return []
  const shared = new Set(plan.sharedKeys ? keys.map((key) => (key.right.kind === 'column' ? key.right.index : -1)) : [])
  return right.fields.flatMap((_, i) => (shared.has(i) ? [] : [i]))
}

function joinedSchema(left: Schema, right: Schema, rightColumns: readonly number[], { how, suffix }: JoinPlan): Schema {
  const fields: Field[] = left.fields.map(({ name, type, nullable }) =>
    field(name, type, nullable || mayLack('left', how)),
  )
  const taken = new Set(fields.map(({ name }) => name))
  for (const i of rightColumns) {
    const { name, type, nullable } = right.fields[i]
    const unique = taken.has(name) ? name + suffix : name
    if (taken.has(unique)) throw collision(name, suffix, unique)
    taken.add(unique)
    fields.push(field(unique, type, nullable || mayLack('right', how)))
  }
  return schemaOf(fields)
}

/** Whether rows of the result may have nothing from a side. */
function mayLack(side: 'left' | 'right', how: JoinKind): boolean {
  return how === 'full' || how === (side === 'left' ? 'right' : 'left')
}

function collision(name: string, suffix: string, unique: string): VolleyError {
  return new VolleyError(
    'VOLLEY_DUPLICATE_COLUMN',
    `both sides of the join have a column ${name}, and with the suffix '${suffix}' it would be another ${unique}: ` +
      'choose a suffix, or rename or drop one of them',
    { column: name },
  )
}

/** Columns named in `distinct`, or all, as indexes. @throws VolleyError VOLLEY_TYPE_MISMATCH for nested columns. */
export function distinctColumns({ schema }: ResolvedPlan, names: readonly string[] | null): readonly number[] {
  const on = names === null ? schema.fields.map((_, i) => i) : names.map((name) => columnIndex(schema, { name }))
  for (const i of on) {
    const { name, type } = schema.fields[i]
    if (isComparable(type)) continue
    throw new VolleyError(
      'VOLLEY_TYPE_MISMATCH',
      `distinct cannot compare the column ${name} of type ${typeName(type)}`,
      {
        column: name,
        actual: typeName(type),
      },
    )
  }
  return [...new Set(on)]
}
