/** Turns joins of a FROM clause into join nodes with equal keys, filters and cross joins. */

import type { Expression } from '../expression.js'
import { someExpression } from '../expression-tree.js'
import type { JoinKind } from '../logical-plan.js'
import type { AstExpression, AstJoin } from './ast.js'
import { convertExpression, type ExpressionContext } from './expressions.js'
import { allOf, conjunctsOf, crossJoin, equiJoin, filtered } from './plan-nodes.js'
import { column, findColumn, type Scope, type ScopeColumn, sameName, uniqueName, unknownColumn } from './scope.js'
import type { SqlText } from './sql-text.js'

const KINDS: Readonly<Record<string, JoinKind>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
  SEMI: 'semi',
  ANTI: 'anti',
}

/** `used` are the internal names of the SELECT, to which that of a merged column may be added. */
export function expandJoin(join: AstJoin, left: Scope, right: Scope, text: SqlText, used: Set<string>): Scope {
  refuseSharedTableNames(left, right, join, text)
  const how = KINDS[join.join_type]
  if (how === undefined) throw text.unsupported(`a ${join.join_type} join`, join)
  switch (join.ref_type) {
    case 'CROSS':
      return { plan: crossJoin(left.plan, right.plan), columns: [...left.columns, ...right.columns] }
    case 'NATURAL':
      return joinUsing(commonNames(left, right, join, text), how, left, right, join, text, used)
    case 'REGULAR':
      if (join.using_columns !== undefined) return joinUsing(join.using_columns, how, left, right, join, text, used)
      return joinOn(join, how, left, right, text)
    default:
      throw text.unsupported(`a ${join.ref_type} join`, join)
  }
}

function refuseSharedTableNames(left: Scope, right: Scope, join: AstJoin, text: SqlText): void {
  const names = new Set(left.columns.map((one) => one.table.toLowerCase()).filter((name) => name !== ''))
  const shared = right.columns.find((one) => names.has(one.table.toLowerCase()))
  if (shared === undefined) return
  throw text.error('VOLLEY_AMBIGUOUS_COLUMN', `two tables are named ${shared.table}: give one an alias`, join)
}

function commonNames(left: Scope, right: Scope, join: AstJoin, text: SqlText): readonly string[] {
  const common = left.columns
    .filter((one) => !one.hidden && right.columns.some((other) => !other.hidden && sameName(one.name, other.name)))
    .map((one) => one.name)
  if (common.length > 0) return common
  throw text.error('VOLLEY_UNKNOWN_COLUMN', 'a NATURAL JOIN needs a column that both sides have', join)
}

/** The columns of USING appear once: from the side that always has the row, or from whichever has it. */
function joinUsing(
  names: readonly string[],
  how: JoinKind,
  left: Scope,
  right: Scope,
  join: AstJoin,
  text: SqlText,
  used: Set<string>,
): Scope {
  const find = (side: Scope, name: string): ScopeColumn => {
    const reference: AstExpression = { class: 'COLUMN_REF', column_names: [name], query_location: join.query_location }
    const found = findColumn(side.columns, [name], reference, text)
    if (found === null) throw unknownColumn(side.columns, [name], reference, text)
    return found
  }
  const pairs = names.map((name) => ({ name, left: find(left, name), right: find(right, name) }))
  const on = (side: 'left' | 'right') => pairs.map((pair) => column(pair[side].internal))
  const plan = equiJoin(how, left.plan, right.plan, on('left'), on('right'))
  if (how === 'semi' || how === 'anti') return { plan, columns: left.columns }
  const merged = new Map<ScopeColumn, string>()
  const coalesced: Record<string, Expression> = {}
  for (const pair of pairs) {
    let internal = how === 'right' ? pair.right.internal : pair.left.internal
    if (how === 'full') {
      internal = uniqueName(pair.name, used)
      const sides = [column(pair.left.internal), column(pair.right.internal)]
      coalesced[internal] = { kind: 'call', function: 'coalesce', arguments: sides }
    }
    merged.set(pair.left, internal)
  }
  const hiddenRight = new Set(pairs.map((pair) => pair.right))
  return {
    plan: how === 'full' ? { kind: 'withColumns', input: plan, columns: coalesced } : plan,
    columns: [
      ...left.columns.flatMap((one) => {
        const internal = merged.get(one)
        if (internal === undefined) return [one]
        return [
          { table: '', name: one.name, internal, hidden: false },
          { ...one, hidden: true },
        ]
      }),
      ...right.columns.map((one) => (hiddenRight.has(one) ? { ...one, hidden: true } : one)),
    ],
  }
}

interface Condition {
  readonly expression: Expression
  readonly node: AstExpression
  readonly usesLeft: boolean
  readonly usesRight: boolean
}

function joinOn(join: AstJoin, how: JoinKind, left: Scope, right: Scope, text: SqlText): Scope {
  const columns = [...left.columns, ...right.columns]
  const context = conditionContext(columns, text)
  const leftNames = new Set(left.columns.map((one) => one.internal))
  const rightNames = new Set(right.columns.map((one) => one.internal))
  const uses = (expression: Expression, names: ReadonlySet<string>) =>
    someExpression(expression, (node) => node.kind === 'column' && names.has(node.name))
  const describe = (node: AstExpression): Condition => {
    const expression = convertExpression(node, context)
    return { expression, node, usesLeft: uses(expression, leftNames), usesRight: uses(expression, rightNames) }
  }
  const conditions = (join.condition === undefined ? [] : conjunctsOf(join.condition)).map(describe)

  const leftOn: Expression[] = []
  const rightOn: Expression[] = []
  const onLeft: Expression[] = []
  const onRight: Expression[] = []
  const residual: Condition[] = []
  for (const condition of conditions) {
    const sides = keySides(
      condition.expression,
      (side) => uses(side, leftNames),
      (side) => uses(side, rightNames),
    )
    if (sides !== null) {
      leftOn.push(sides.left)
      rightOn.push(sides.right)
    } else if (!condition.usesRight) onLeft.push(condition.expression)
    else if (!condition.usesLeft) onRight.push(condition.expression)
    else residual.push(condition)
  }
  if (residual.length > 0 && how !== 'inner') {
    const construct = `a condition of a ${join.join_type} JOIN over both sides that is not an equality`
    throw text.unsupported(construct, residual[0].node)
  }

  // A side all of whose rows come out cannot be filtered before: its condition becomes a key that matches or is null.
  const keepsLeft = how === 'left' || how === 'full' || how === 'anti'
  const keepsRight = how === 'right' || how === 'full'
  let leftPlan = left.plan
  let rightPlan = right.plan
  if (onLeft.length > 0 && keepsLeft) {
    leftOn.push(matchesIf(onLeft))
    rightOn.push(ONE)
  } else leftPlan = filtered(leftPlan, onLeft)
  if (onRight.length > 0 && keepsRight) {
    leftOn.push(ONE)
    rightOn.push(matchesIf(onRight))
  } else rightPlan = filtered(rightPlan, onRight)

  const kept = how === 'semi' || how === 'anti' ? left.columns : columns
  if (leftOn.length === 0 && how !== 'inner') {
    leftOn.push(ONE)
    rightOn.push(ONE)
  }
  const plan =
    leftOn.length === 0 ? crossJoin(leftPlan, rightPlan) : equiJoin(how, leftPlan, rightPlan, leftOn, rightOn)
  return {
    plan: filtered(
      plan,
      residual.map((condition) => condition.expression),
    ),
    columns: kept,
  }
}

const ONE: Expression = { kind: 'literal', value: 1, type: null }

function matchesIf(conditions: readonly Expression[]): Expression {
  return { kind: 'case', branches: [{ when: allOf(conditions), then: ONE }], otherwise: null }
}

/** The sides of an equality of which one has columns of the left only and the other of the right only. */
function keySides(
  expression: Expression,
  usesLeft: (side: Expression) => boolean,
  usesRight: (side: Expression) => boolean,
): { readonly left: Expression; readonly right: Expression } | null {
  if (expression.kind !== 'call' || expression.function !== 'eq') return null
  const [a, b] = expression.arguments
  if (usesLeft(a) && !usesRight(a) && usesRight(b) && !usesLeft(b)) return { left: a, right: b }
  if (usesRight(a) && !usesLeft(a) && usesLeft(b) && !usesRight(b)) return { left: b, right: a }
  return null
}

function conditionContext(columns: readonly ScopeColumn[], text: SqlText): ExpressionContext {
  return {
    text,
    column: (names, node) => {
      const found = findColumn(columns, names, node, text)
      if (found === null) throw unknownColumn(columns, names, node, text)
      return column(found.internal, text.position(node))
    },
    subquery: (node) => {
      throw text.unsupported('a subquery in a join condition', node)
    },
    star: (node) => {
      throw text.unsupported('a star in a join condition', node)
    },
  }
}
