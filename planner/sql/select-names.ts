/** What names and subqueries mean inside of one SELECT. */

import type { Expression } from '../expression.js'
import type { AstExpression, AstStar, AstSubquery } from './ast.js'
import { outerColumn } from './correlation.js'
import type { QueryEnvironment } from './environment.js'
import { convertExpression, type ExpressionContext } from './expressions.js'
import { column, findColumn, type ScopeColumn, sameName, unknownColumn } from './scope.js'
import type { SqlText } from './sql-text.js'
import type { ScalarSubqueries } from './subqueries.js'

/** A column of FROM comes first; an unqualified name may also be the alias of an item of the list. */
export class SelectNames implements ExpressionContext {
  readonly text: SqlText
  /** Aliases being replaced, to find one that means itself. */
  private readonly replacing = new Set<string>()
  private mayCorrelate = false

  constructor(
    private readonly list: readonly AstExpression[],
    private readonly columns: readonly ScopeColumn[],
    private readonly environment: QueryEnvironment,
    private readonly scalars: ScalarSubqueries,
  ) {
    this.text = environment.text
  }

  convert(node: AstExpression): Expression {
    return convertExpression(node, this)
  }

  /** A condition of WHERE, in which columns of the query around may stand, if it is a subquery. */
  convertCondition(node: AstExpression): Expression {
    this.mayCorrelate = true
    const condition = this.convert(node)
    this.mayCorrelate = false
    return condition
  }

  /** The name of a column as its table has it; null for all else. */
  shownName(node: AstExpression): string | null {
    if (node.class !== 'COLUMN_REF') return null
    return findColumn(this.columns, node.column_names, node, this.text)?.name ?? null
  }

  column(names: readonly string[], node: AstExpression): Expression {
    const { text } = this
    const found = findColumn(this.columns, names, node, text)
    if (found !== null) return column(found.internal, text.position(node))
    const item = names.length === 1 ? this.list.find((one) => one.alias && sameName(one.alias, names[0])) : undefined
    if (item === undefined) {
      const around = this.mayCorrelate ? (this.environment.correlation?.columns ?? []) : []
      const outer = findColumn(around, names, node, text)
      if (outer !== null) return outerColumn(outer.internal, text.position(node))
      if (findColumn(this.environment.outer, names, node, text) !== null) {
        throw text.unsupported(`a correlated subquery (${names.join('.')} is a column of the query around it)`, node)
      }
      throw unknownColumn(this.columns, names, node, text)
    }
    const alias = names[0].toLowerCase()
    if (this.replacing.has(alias)) throw unknownColumn(this.columns, names, node, text)
    this.replacing.add(alias)
    const expression = this.convert(item)
    this.replacing.delete(alias)
    return expression
  }

  subquery(node: AstSubquery): Expression {
    if (node.subquery_type === 'ANY') throw this.text.unsupported('an IN or ANY subquery here', node)
    return this.scalars.columnFor(node)
  }

  star(node: AstStar): Expression {
    throw this.text.unsupported('a star here', node)
  }
}
