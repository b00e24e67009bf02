/** Joins as DuckDB's SQL: NULL keys match nothing, NaN equals NaN and -0 equals 0 in both. */

import type { TypedExpression } from '../expression.js'
import type { PlanOf } from '../plan-tree.js'
import { sqlOfCast } from './casts.js'
import { comparedSql } from './compared.js'
import { sqlOfExpression } from './expressions.js'
import type { Positions } from './positions.js'

interface Side {
  readonly sql: string
  readonly positions: Positions
}

interface JoinSql {
  readonly from: string
  readonly columns: readonly string[]
  /** The positions of the result: of the side that flows through, then of the matches; see `lower.ts`. */
  readonly order: Positions
}

const KINDS: Record<PlanOf<'join'>['how'], string> = {
  inner: 'JOIN',
  left: 'LEFT JOIN',
  right: 'RIGHT JOIN',
  full: 'FULL JOIN',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
  cross: 'CROSS JOIN',
}

export function joinSql(plan: PlanOf<'join'>, left: Side, right: Side): JoinSql {
  const { how, leftKeys, rightKeys } = plan
  const pairs = leftKeys.map((key, i) => `${compared(key, 'l')} = ${compared(rightKeys[i], 'r')}`)
  // A join without keys pairs all rows.
  const on = how === 'cross' ? '' : ` ON ${pairs.length === 0 ? 'true' : pairs.join(' AND ')}`
  const only = how === 'semi' || how === 'anti'
  const ofLeft = plan.left.schema.fields.map((_, index) => leftColumn(plan, index))
  return {
    from: `(${left.sql}) l ${KINDS[how]} (${right.sql}) r${on}`,
    columns: only ? ofLeft : [...ofLeft, ...plan.rightColumns.map((index) => `r.c${index}`)],
    order: orderOf(plan, qualified(left, 'l'), qualified(right, 'r')),
  }
}

function compared(key: TypedExpression, side: string): string {
  return comparedSql(ofSide(key, side), key.type)
}

function ofSide(key: TypedExpression, side: string): string {
  return sqlOfExpression(key, (index) => `${side}.c${index}`)
}

function qualified({ positions }: Side, side: string): Positions {
  return positions.map((position) => `${side}.${position}`)
}

/** A right join is a left join with the sides exchanged; the unmatched rows of a full join come last. */
function orderOf({ how }: PlanOf<'join'>, left: Positions, right: Positions): Positions {
  return how === 'right' ? [...right, ...left] : [...left, ...right]
}

/** A shared key comes from the side that has the row. */
function leftColumn(plan: PlanOf<'join'>, index: number): string {
  const own = `l.c${index}`
  if (!plan.sharedKeys || (plan.how !== 'right' && plan.how !== 'full')) return own
  const key = plan.leftKeys.findIndex((expression) => columnBehind(expression) === index)
  if (key < 0) return own
  const shared = plan.rightKeys[key]
  const { type } = plan.left.schema.fields[index]
  const other = sqlOfCast(ofSide(shared, 'r'), shared.type, type, false)
  return plan.how === 'right' ? other : `coalesce(${own}, ${other})`
}

/** The column a join key is, perhaps behind the cast to the common type of both keys; -1 if it is none. */
function columnBehind(expression: TypedExpression): number {
  if (expression.kind === 'cast') return columnBehind(expression.argument)
  return expression.kind === 'column' ? expression.index : -1
}
