/** The functions that begin an expression: columns, constants, conditions, aggregates and rankings. */

import { invalid, show } from './arguments.js'
import { asExpr, Expr, type ExpressionLike, operand, type Value, wrap } from './expr.js'
import type { Expression } from './expression.js'
import { given } from './function-methods.js'
import { type Constant, freezeNode, literalNode, parseText } from './operands.js'
import type { DataType } from './types.js'

export { Expr, type ExpressionLike, type OverOptions, type Value } from './expr.js'

/** A column. Any name will do, however odd. */
export function col(name: string): Expr {
  if (typeof name !== 'string') throw invalid(`col takes the name of a column, not ${show(name)}`)
  return wrap({ kind: 'column', name })
}

/** A constant. Without a type, integers take that of what they meet; other numbers are double, Dates timestamps. */
export function lit(value: Constant, type?: string | DataType): Expr {
  const literal = wrap(literalNode(value))
  return type === undefined ? literal : literal.cast(type)
}

/** SQL text of one expression. */
export function sql(text: string): Expr {
  return wrap(parseText(text))
}

/** Begins `when(condition).then(value).when(...).then(...).otherwise(value)`; without `otherwise`, else null. */
export function when(condition: ExpressionLike): { then(value: Value): CaseExpr } {
  return branch([], condition)
}

type Branches = Extract<Expression, { kind: 'case' }>['branches']

function branch(branches: Branches, condition: ExpressionLike): { then(value: Value): CaseExpr } {
  const test = asExpr(condition).node
  return {
    then: (value: Value) => new CaseExpr([...branches, { when: test, then: operand(value).node }]),
  }
}

/** A `case` that can take further branches. */
export class CaseExpr extends Expr {
  constructor(branches: Branches) {
    super(freezeNode({ kind: 'case', branches, otherwise: null }))
  }

  when(condition: ExpressionLike): { then(value: Value): CaseExpr } {
    return branch(this.branches(), condition)
  }

  otherwise(value: Value): Expr {
    return wrap({ kind: 'case', branches: this.branches(), otherwise: operand(value).node })
  }

  private branches(): Branches {
    return this.node.kind === 'case' ? this.node.branches : []
  }
}

export const sum = (of: ExpressionLike): Expr => asExpr(of).sum()
export const mean = (of: ExpressionLike): Expr => asExpr(of).mean()
export const min = (of: ExpressionLike): Expr => asExpr(of).min()
export const max = (of: ExpressionLike): Expr => asExpr(of).max()
export const countDistinct = (of: ExpressionLike): Expr => asExpr(of).countDistinct()
export const first = (of: ExpressionLike): Expr => asExpr(of).first()
export const last = (of: ExpressionLike): Expr => asExpr(of).last()
export const stddev = (of: ExpressionLike): Expr => asExpr(of).stddev()
export const variance = (of: ExpressionLike): Expr => asExpr(of).variance()
export const median = (of: ExpressionLike): Expr => asExpr(of).median()
export const quantile = (
  of: ExpressionLike,
  fraction: number,
  options: { readonly interpolation?: 'linear' | 'lower' } = {},
): Expr => asExpr(of).quantile(fraction, options)

/** Rows; or the values of an expression that are not null. */
export function count(of?: ExpressionLike): Expr {
  if (of !== undefined && of !== '*') return asExpr(of).count()
  return wrap({
    kind: 'aggregate',
    function: 'countStar',
    argument: null,
    parameter: null,
    distinct: false,
    filter: null,
  })
}

export const rowNumber = (): Expr => ranking('rowNumber')
export const rank = (): Expr => ranking('rank')
export const denseRank = (): Expr => ranking('denseRank')
export const percentRank = (): Expr => ranking('percentRank')
export const cumeDist = (): Expr => ranking('cumeDist')
export const ntile = (groups: number): Expr => ranking('ntile', lit(groups))
export const firstValue = (of: ExpressionLike): Expr => ranking('firstValue', asExpr(of))
export const lastValue = (of: ExpressionLike): Expr => ranking('lastValue', asExpr(of))
export const nthValue = (of: ExpressionLike, n: number): Expr => ranking('nthValue', asExpr(of), lit(n))

/** The value some rows before, in the order of `over`; null, or the default, where there is no such row. */
export function lag(of: ExpressionLike, rows = 1, otherwise?: Value): Expr {
  return ranking('lag', asExpr(of), lit(rows), ...given(otherwise).map(operand))
}

/** The value some rows after, in the order of `over`; null, or the default, where there is no such row. */
export function lead(of: ExpressionLike, rows = 1, otherwise?: Value): Expr {
  return ranking('lead', asExpr(of), lit(rows), ...given(otherwise).map(operand))
}

function ranking(name: string, ...parameters: readonly Expr[]): Expr {
  const nodes = parameters.map((one) => one.node)
  return wrap({ kind: 'window', function: name, arguments: nodes, partitionBy: [], orderBy: [], frame: null })
}
