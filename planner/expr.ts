/** Expressions under construction. An `Expr` only wraps a node of `expression.ts`; nothing is computed here. */

import { checkOptions, invalid, show } from './arguments.js'
import { VolleyError } from './errors.js'
import type { Expression, SortKey } from './expression.js'
import { formatExpression } from './format-expression.js'
import { FunctionMethods } from './function-methods.js'
import { type Constant, freezeNode, literalNode, parseText } from './operands.js'
import { parseTypeName } from './type-names.js'
import type { DataType } from './types.js'
import { type FrameLike, windowFrame } from './window-frame.js'

/** An operand: a string is a constant. */
export type Value = Expr | Constant
/** An expression that stands alone: a string is SQL text. */
export type ExpressionLike = Expr | string

/** Null places: last unless said otherwise, also when descending. */
export interface SortTerm {
  readonly by: ExpressionLike
  readonly descending?: boolean
  readonly nulls?: 'first' | 'last'
}
export type SortBy = ExpressionLike | SortTerm

/** Text can be a list, as after PARTITION BY and ORDER BY. */
export interface OverOptions {
  readonly partitionBy?: ExpressionLike | readonly ExpressionLike[]
  readonly orderBy?: SortBy | readonly SortBy[]
  readonly frame?: FrameLike
}

/**
 * An expression under construction; immutable. Where a method takes a `Value`, a string is a constant; where it takes
 * an `ExpressionLike`, a string is SQL text.
 */
export class Expr extends FunctionMethods<Expr> {
  constructor(node: Expression) {
    super(node)
    Object.freeze(this)
  }

  /** Both ends included. */
  between(low: Value, high: Value): Expr {
    return this.gte(low).and(this.lte(high))
  }
  /** One of the values, given as a list or one by one; false for an empty list. */
  isIn(...candidates: readonly (Value | readonly Value[])[]): Expr {
    const values = candidates.flat() as Value[]
    return values.length === 0 ? wrap(literalNode(false)) : this.call('isIn', ...values)
  }

  /** Strings are SQL text, as a constant string is no condition. */
  and(...others: ExpressionLike[]): Expr {
    return expr('and', this, ...others.map(asExpr))
  }
  /** Strings are SQL text, as a constant string is no condition. */
  or(...others: ExpressionLike[]): Expr {
    return expr('or', this, ...others.map(asExpr))
  }

  /** A value that does not fit the type fails the run: see `tryCast`. */
  cast(type: string | DataType): Expr {
    return this.castTo(type, false)
  }
  /** Null for values that do not fit. */
  tryCast(type: string | DataType): Expr {
    return this.castTo(type, true)
  }
  alias(name: string): Expr {
    return wrap({ kind: 'alias', argument: this.node, name })
  }

  sum(): Expr {
    return this.aggregate('sum')
  }
  mean(): Expr {
    return this.aggregate('mean')
  }
  min(): Expr {
    return this.aggregate('min')
  }
  max(): Expr {
    return this.aggregate('max')
  }
  /** Values that are not null. */
  count(): Expr {
    return this.aggregate('count')
  }
  countDistinct(): Expr {
    return this.aggregate('countDistinct')
  }
  first(): Expr {
    return this.aggregate('first')
  }
  anyValue(): Expr {
    return this.aggregate('anyValue')
  }
  last(): Expr {
    return this.aggregate('last')
  }
  stddev(): Expr {
    return this.aggregate('stddev')
  }
  stddevPop(): Expr {
    return this.aggregate('stddevPop')
  }
  variance(): Expr {
    return this.aggregate('variance')
  }
  variancePop(): Expr {
    return this.aggregate('variancePop')
  }
  median(): Expr {
    return this.aggregate('median')
  }
  boolAnd(): Expr {
    return this.aggregate('boolAnd')
  }
  boolOr(): Expr {
    return this.aggregate('boolOr')
  }
  /** `lower`, the default, is one of the values; `linear` lies between two. */
  quantile(fraction: number, options: { readonly interpolation?: 'linear' | 'lower' } = {}): Expr {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `quantile takes a fraction from 0 to 1, not ${fraction}`)
    }
    const name = options.interpolation === 'linear' ? 'quantileCont' : 'quantileDisc'
    return this.aggregate(name, fraction)
  }

  /** Makes an aggregate see only the rows for which the condition holds. */
  filter(condition: ExpressionLike): Expr {
    return wrap({ ...this.expectAggregate('filter'), filter: asExpr(condition).node })
  }

  /** Makes an aggregate see each value once. */
  distinct(): Expr {
    return wrap({ ...this.expectAggregate('distinct'), distinct: true })
  }

  /** Computes an aggregate or a ranking for every row, over the rows of the same partition. */
  over(options: OverOptions = {}): Expr {
    checkOptions('over', options, ['partitionBy', 'orderBy', 'frame'])
    const { node } = this
    const partitionBy = list(options.partitionBy).map((one) => asExpr(one).node)
    const orderBy = list(options.orderBy).map(sortKey)
    const frame = options.frame === undefined ? null : windowFrame(options.frame)
    if (node.kind === 'window') return wrap({ ...node, partitionBy, orderBy, frame })
    const { function: name, argument, parameter, distinct, filter } = this.expectAggregate('over')
    if (parameter !== null || distinct || filter !== null || name === 'countDistinct') {
      throw new VolleyError(
        'VOLLEY_UNSUPPORTED',
        `over() takes no quantiles, and no aggregates with distinct or a filter: ${this}`,
      )
    }
    return wrap({
      kind: 'window',
      function: name,
      arguments: argument === null ? [] : [argument],
      partitionBy,
      orderBy,
      frame,
    })
  }

  asc(options: { readonly nulls?: 'first' | 'last' } = {}): SortTerm {
    return Object.freeze({ by: this, descending: false, ...options })
  }

  desc(options: { readonly nulls?: 'first' | 'last' } = {}): SortTerm {
    return Object.freeze({ by: this, descending: true, ...options })
  }

  /** SQL-like text. */
  override toString(): string {
    return formatExpression(this.node)
  }

  protected override of(node: Expression): Expr {
    return wrap(node)
  }

  private castTo(type: string | DataType, attempt: boolean): Expr {
    const target = typeof type === 'string' ? parseTypeName(type) : type
    if (typeof target?.kind !== 'string') throw invalid(`cast takes a type or its name, not ${show(type)}`)
    return wrap({ kind: 'cast', argument: this.node, type: target, try: attempt })
  }

  private aggregate(name: string, parameter: number | null = null): Expr {
    return wrap({ kind: 'aggregate', function: name, argument: this.node, parameter, distinct: false, filter: null })
  }

  private expectAggregate(method: string): Extract<Expression, { kind: 'aggregate' }> {
    if (this.node.kind === 'aggregate') return this.node
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `${method}() follows an aggregate, but ${this} is none`, {
      expression: this.toString(),
    })
  }
}

/** An expression that stands alone: a string is SQL text. */
export function asExpr(expression: ExpressionLike): Expr {
  if (expression instanceof Expr) return expression
  if (typeof expression === 'string') return wrap(parseText(expression))
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `an expression or SQL text is expected, not ${describe(expression)}`)
}

/** The node of a sort term; strings are SQL text. */
export function sortKey(term: SortBy): SortKey {
  const isExpression = typeof term === 'string' || term instanceof Expr
  if (!isExpression) checkOptions('a term of a sort', term, ['by', 'descending', 'nulls'])
  const { by, descending, nulls }: SortTerm = isExpression ? { by: term } : term
  if (nulls !== undefined && nulls !== 'first' && nulls !== 'last') {
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `nulls is 'first' or 'last', not ${describe(nulls)}`)
  }
  return Object.freeze({
    expression: asExpr(by).node,
    descending: descending ?? false,
    nullsFirst: nulls === 'first',
  })
}

/** Freezes the node and wraps it. */
export function wrap(node: Expression): Expr {
  return new Expr(freezeNode(node))
}

function expr(name: string, ...parameters: readonly Expr[]): Expr {
  return wrap({ kind: 'call', function: name, arguments: parameters.map((one) => one.node) })
}

/** An operand: a string is a constant. */
export function operand(value: Value): Expr {
  return value instanceof Expr ? value : wrap(literalNode(value))
}

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : value === null ? 'null' : typeof value
}
