/** Walks and rebuilds the two kinds of expression trees. Unchanged nodes are kept, so that identity tells a change. */

import type { Expression, SortKey, TypedAggregate, TypedExpression, TypedWindow } from './expression.js'

/** The expressions directly below. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'text':
    case 'star':
      return []
    case 'call':
      return expression.arguments
    case 'cast':
    case 'alias':
      return [expression.argument]
    case 'case': {
      const branches = expression.branches.flatMap((branch) => [branch.when, branch.then])
      return expression.otherwise === null ? branches : [...branches, expression.otherwise]
    }
    case 'aggregate':
      return [expression.argument, expression.filter].filter((child) => child !== null)
    case 'window':
      return [...expression.arguments, ...expression.partitionBy, ...expression.orderBy.map((key) => key.expression)]
  }
}

/** The same node over other children. */
export function mapChildren(expression: Expression, map: (child: Expression) => Expression): Expression {
  const mapKey = (key: SortKey): SortKey => ({ ...key, expression: map(key.expression) })
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'text':
    case 'star':
      return expression
    case 'call':
      return { ...expression, arguments: expression.arguments.map(map) }
    case 'cast':
    case 'alias':
      return { ...expression, argument: map(expression.argument) }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map((branch) => ({ when: map(branch.when), then: map(branch.then) })),
        otherwise: expression.otherwise && map(expression.otherwise),
      }
    case 'aggregate':
      return {
        ...expression,
        argument: expression.argument && map(expression.argument),
        filter: expression.filter && map(expression.filter),
      }
    case 'window':
      return {
        ...expression,
        arguments: expression.arguments.map(map),
        partitionBy: expression.partitionBy.map(map),
        orderBy: expression.orderBy.map(mapKey),
      }
  }
}

/** True if `test` holds for the expression or anything below it. */
export function someExpression(expression: Expression, test: (node: Expression) => boolean): boolean {
  return test(expression) || childrenOf(expression).some((child) => someExpression(child, test))
}

/** Equal for expressions that compute the same, wherever in the text they stand. */
export function expressionKey(
  expression: Expression | TypedExpression | Omit<TypedAggregate, 'name'> | Omit<TypedWindow, 'name'>,
): string {
  return JSON.stringify(expression, (name, value: unknown) => {
    if (name === 'position') return undefined
    if (typeof value === 'bigint') return `${value}n`
    if (value instanceof Uint8Array) return Array.from(value)
    if (value instanceof Map) return [...value]
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
    return Object.is(value, -0) ? '-0' : value
  })
}

/** The typed expressions directly below. */
export function typedChildrenOf(expression: TypedExpression): readonly TypedExpression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return []
    case 'call':
      return expression.arguments
    case 'cast':
      return [expression.argument]
    case 'case':
      return [...expression.branches.flatMap((branch) => [branch.when, branch.then]), expression.otherwise]
  }
}

/** The same node over other children; the node itself if none of them changed. */
export function mapTypedChildren(
  expression: TypedExpression,
  map: (child: TypedExpression) => TypedExpression,
): TypedExpression {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return expression
    case 'call': {
      const parameters = expression.arguments.map(map)
      const changed = parameters.some((parameter, i) => parameter !== expression.arguments[i])
      return changed ? { ...expression, arguments: parameters } : expression
    }
    case 'cast': {
      const argument = map(expression.argument)
      return argument === expression.argument ? expression : { ...expression, argument }
    }
    case 'case': {
      const branches = expression.branches.map((branch) => ({ when: map(branch.when), then: map(branch.then) }))
      const otherwise = map(expression.otherwise)
      const changed = branches.some(
        ({ when, then }, i) => when !== expression.branches[i].when || then !== expression.branches[i].then,
      )
      return changed || otherwise !== expression.otherwise ? { ...expression, branches, otherwise } : expression
    }
  }
}

/** Rebuilds a typed tree from its leaves up. */
export function transformTyped(
  expression: TypedExpression,
  transform: (node: TypedExpression) => TypedExpression,
): TypedExpression {
  return transform(mapTypedChildren(expression, (child) => transformTyped(child, transform)))
}

/** Adds the indexes of the columns that a typed expression reads. */
export function collectColumns(expression: TypedExpression, into: Set<number>): void {
  if (expression.kind === 'column') into.add(expression.index)
  for (const child of typedChildrenOf(expression)) collectColumns(child, into)
}

export function columnsOf(...expressions: readonly TypedExpression[]): Set<number> {
  const columns = new Set<number>()
  for (const expression of expressions) collectColumns(expression, columns)
  return columns
}
