/** Where conditions above a join may go: to a side, into the keys, or nowhere. */

import type { TypedExpression } from '../../expression.js'
import type { JoinKind, ResolvedPlan } from '../../logical-plan.js'
import { columnAt, type PlanOf } from '../../plan-tree.js'
import { filterBy, impliedBy, isCall, readsOnly, rejectsNulls, replaceColumns } from '../conditions.js'

type Push = (plan: ResolvedPlan, conditions: readonly TypedExpression[]) => ResolvedPlan

/** `conditions` are over the join's schema: the left columns, then some of the right. */
export function pushThroughJoin(
  given: PlanOf<'join'>,
  conditions: readonly TypedExpression[],
  push: Push,
): ResolvedPlan {
  const join = withoutUnwantedNullRows(given, conditions)
  const leftCount = join.left.schema.fields.length
  const shared = sharedColumns(join)
  const fromLeft = (index: number) => index < leftCount && !shared.has(index)
  const fromRight = (index: number) => index >= leftCount
  const toRight = (one: TypedExpression) =>
    replaceColumns(one, (index) => columnAt(join.right.schema, join.rightColumns[index - leftCount]))

  const { how } = join
  const mayPassLeft = how !== 'right' && how !== 'full'
  const mayPassRight = how === 'inner' || how === 'cross' || how === 'right'
  const left: TypedExpression[] = []
  const right: TypedExpression[] = []
  const leftKeys: TypedExpression[] = [...join.leftKeys]
  const rightKeys: TypedExpression[] = [...join.rightKeys]
  const held: TypedExpression[] = []
  for (const condition of conditions) {
    if (mayPassLeft && readsOnly(condition, fromLeft)) left.push(condition)
    else if (mayPassRight && readsOnly(condition, fromRight)) right.push(toRight(condition))
    else {
      const key = how === 'inner' || how === 'cross' ? equality(condition, fromLeft, fromRight) : null
      if (key !== null) {
        leftKeys.push(key.left)
        rightKeys.push(toRight(key.right))
        continue
      }
      held.push(condition)
      const ofLeft = mayPassLeft ? impliedBy(condition, fromLeft) : null
      const ofRight = mayPassRight ? impliedBy(condition, fromRight) : null
      if (ofLeft !== null) left.push(ofLeft)
      if (ofRight !== null) right.push(toRight(ofRight))
    }
  }
  const joined: ResolvedPlan = {
    ...join,
    how: how === 'cross' && leftKeys.length > 0 ? 'inner' : how,
    left: push(join.left, left),
    right: push(join.right, right),
    leftKeys,
    rightKeys,
  }
  return filterBy(joined, held)
}

/** Left columns whose value may come from the right, where the join shares its keys. */
function sharedColumns(join: PlanOf<'join'>): ReadonlySet<number> {
  if (!join.sharedKeys || (join.how !== 'right' && join.how !== 'full')) return new Set()
  return new Set(join.leftKeys.flatMap((key) => (key.kind === 'column' ? [key.index] : [])))
}

/** Outer joins lose the rows that no condition would let through: those with nulls in place of one side. */
function withoutUnwantedNullRows(join: PlanOf<'join'>, conditions: readonly TypedExpression[]): PlanOf<'join'> {
  const leftCount = join.left.schema.fields.length
  const shared = sharedColumns(join)
  const isLeft = (index: number) => index < leftCount && !shared.has(index)
  const isRight = (index: number) => index >= leftCount
  const needsLeft = conditions.some((one) => rejectsNulls(one, isLeft))
  const needsRight = conditions.some((one) => rejectsNulls(one, isRight))
  const how = narrowed(join.how, needsLeft, needsRight)
  return how === join.how ? join : { ...join, how }
}

function narrowed(how: JoinKind, needsLeft: boolean, needsRight: boolean): JoinKind {
  switch (how) {
    case 'left':
      return needsRight ? 'inner' : 'left'
    case 'right':
      return needsLeft ? 'inner' : 'right'
    case 'full':
      return needsLeft && needsRight ? 'inner' : needsLeft ? 'left' : needsRight ? 'right' : 'full'
    case 'inner':
    case 'semi':
    case 'anti':
    case 'cross':
      return how
  }
}

/** The sides of an equality between one input of a join and the other. */
function equality(
  condition: TypedExpression,
  fromLeft: (index: number) => boolean,
  fromRight: (index: number) => boolean,
): { readonly left: TypedExpression; readonly right: TypedExpression } | null {
  if (!isCall(condition, 'eq')) return null
  const [a, b] = condition.arguments
  if (readsOnly(a, fromLeft) && readsOnly(b, fromRight)) return { left: a, right: b }
  if (readsOnly(a, fromRight) && readsOnly(b, fromLeft)) return { left: b, right: a }
  return null
}
