/** GROUP BY and aggregates: an aggregate node, and the expressions above it in terms of its columns. */

import type { Expression } from '../expression.js'
import { expressionKey, mapChildren, someExpression } from '../expression-tree.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstSelect } from './ast.js'
import { column } from './scope.js'
import { type OutputList, positionOf } from './select-list.js'
import type { SelectNames } from './select-names.js'
import type { SqlText } from './sql-text.js'
import type { ScalarSubqueries } from './subqueries.js'

export function containsAggregate(expression: Expression): boolean {
  return someExpression(expression, (node) => node.kind === 'aggregate')
}

/** The keys of GROUP BY over the columns of FROM; null if the SELECT has none. */
export function groupKeys(select: AstSelect, outputs: OutputList, names: SelectNames): readonly Expression[] | null {
  const { text } = names
  if (select.aggregate_handling === 'FORCE_AGGREGATES') {
    return outputs.items.map((item) => item.expression).filter((expression) => !containsAggregate(expression))
  }
  const terms = select.group_expressions ?? []
  if (terms.length === 0) return null
  if ((select.group_sets ?? []).length > 1) throw text.unsupported('ROLLUP, CUBE or GROUPING SETS', terms[0])
  return terms.map((term) => {
    const isPosition = term.class === 'CONSTANT' && term.value.type.id === 'INTEGER'
    const key = isPosition
      ? outputs.items[positionOf(term, outputs.items.length, text)].expression
      : names.convert(term)
    if (containsAggregate(key)) {
      throw text.error('VOLLEY_INVALID_ARGUMENT', 'GROUP BY cannot contain aggregates', term)
    }
    return key
  })
}

export interface Grouped {
  readonly plan: LogicalPlan
  /** Those given, over the columns of the plan. */
  readonly expressions: readonly Expression[]
}

export function group(
  input: LogicalPlan,
  keys: readonly Expression[],
  expressions: readonly Expression[],
  outputs: OutputList,
  scalars: ScalarSubqueries,
  text: SqlText,
): Grouped {
  const names = new GroupNames(outputs)
  const keyNames = new Map<string, string>()
  const namedKeys: Expression[] = []
  for (const key of keys) {
    const identity = expressionKey(key)
    if (keyNames.has(identity)) continue
    const name = names.forKey(key)
    keyNames.set(identity, name)
    namedKeys.push(key.kind === 'column' && key.name === name ? key : { kind: 'alias', argument: key, name })
  }
  const aggregateNames = new Map<string, string>()
  const aggregates: Record<string, Expression> = {}

  const rewrite = (expression: Expression): Expression => {
    const identity = expressionKey(expression)
    const key = keyNames.get(identity)
    if (key !== undefined) return column(key)
    if (expression.kind === 'aggregate') {
      if (expression.argument !== null && containsAggregate(expression.argument)) {
        throw misplaced('aggregates cannot be nested', expression, text)
      }
      let name = aggregateNames.get(identity)
      if (name === undefined) {
        name = names.forAggregate(expression)
        aggregateNames.set(identity, name)
        aggregates[name] = expression
      }
      return column(name)
    }
    if (expression.kind === 'column' && !scalars.has(expression.name)) {
      throw misplaced(`column ${expression.name} must be in GROUP BY or within an aggregate`, expression, text)
    }
    return mapChildren(expression, rewrite)
  }
  const rewritten = expressions.map(rewrite)
  const attached = scalars.attach(input, [...namedKeys, ...Object.values(aggregates)])
  scalars.detachAll()
  return { plan: { kind: 'aggregate', input: attached, keys: namedKeys, aggregates }, expressions: rewritten }
}

function misplaced(message: string, at: Expression, text: SqlText): Error {
  return text.errorAt('VOLLEY_INVALID_ARGUMENT', message, 'position' in at ? at.position : undefined)
}

/** Names the columns of an aggregate node after the items of the list where they are equal. */
class GroupNames {
  private readonly taken = new Set<string>()
  private readonly preferred = new Map<string, string>()

  constructor(outputs: OutputList) {
    for (const { name, expression } of outputs.columns) {
      const identity = expressionKey(expression)
      if (!this.preferred.has(identity)) this.preferred.set(identity, name)
    }
  }

  forKey(key: Expression): string {
    return this.free(key.kind === 'column' ? key.name : (this.preferred.get(expressionKey(key)) ?? 'key'))
  }

  forAggregate(aggregate: Extract<Expression, { kind: 'aggregate' }>): string {
    return this.free(this.preferred.get(expressionKey(aggregate)) ?? aggregate.function)
  }

  private free(base: string): string {
    let name = base
    for (let i = 1; this.taken.has(name); i++) name = `${base}_${i}`
    this.taken.add(name)
    return name
  }
}
