/** Typed expressions as DuckDB's SQL, in which every part has the very type of its node. */

import { unreachable } from '../errors.js'
import type { SortKey, TypedExpression } from '../expression.js'
import { isHugeint } from '../functions.js'
import { sqlOfCall } from './calls.js'
import { sqlOfCast } from './casts.js'
import { sqlOfLiteral } from './literals.js'
import { expressionType } from './types.js'

/** The SQL of a column of the input, by its index. */
export type ColumnName = (index: number) => string

/** An expression over columns of the types that `duckDbType` gives. @throws NoSql where DuckDB has no equal. */
export function sqlOfExpression(expression: TypedExpression, columnName: ColumnName): string {
  const text = (child: TypedExpression) => sqlOfExpression(child, columnName)
  switch (expression.kind) {
    case 'column': {
      const name = columnName(expression.index)
      return isHugeint(expression.type) ? `CAST(${name} AS HUGEINT)` : name
    }
    case 'literal':
      return sqlOfLiteral(expression.value, expression.type)
    case 'call': {
      const { arguments: parameters, function: name, type } = expression
      const types = parameters.map((parameter) => parameter.type)
      return sqlOfCall(name, parameters.map(text), types, type)
    }
    case 'cast': {
      const { argument, type } = expression
      return sqlOfCast(text(argument), argument.type, type, expression.try)
    }
    case 'case': {
      const branches = expression.branches.map(({ when, then }) => `WHEN ${text(when)} THEN ${text(then)}`)
      return `CASE ${branches.join(' ')} ELSE ${text(expression.otherwise)} END`
    }
    default:
      return unreachable(expression)
  }
}

/** Writes what rows are ordered by. */
type WriteKey = (expression: TypedExpression, columnName: ColumnName) => string

/** A term of an ORDER BY. */
export function sqlOfSortKey(
  key: SortKey<TypedExpression>,
  columnName: ColumnName,
  write: WriteKey = sqlOfKey,
): string {
  const direction = key.descending ? 'DESC' : 'ASC'
  return `${write(key.expression, columnName)} ${direction} NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`
}

/** The terms of an ORDER BY; constants order nothing, and DuckDB refuses some of them. */
export function sqlOfSortKeys(
  keys: readonly SortKey<TypedExpression>[],
  columnName: ColumnName,
  write: WriteKey = sqlOfKey,
): string[] {
  return keys.filter((key) => key.expression.kind !== 'literal').map((key) => sqlOfSortKey(key, columnName, write))
}

/**
 * What rows are ordered or partitioned by. A sort of DuckDB's takes the values of a column from its keys, in which -0 is
 * 0; so the key is not the column itself.
 */
export function sqlOfKey(expression: TypedExpression, columnName: ColumnName): string {
  const text = sqlOfExpression(expression, columnName)
  if (expression.kind !== 'column' || expression.type.kind !== 'float') return text
  return `(${text} + CAST(0 AS ${expressionType(expression.type)}))`
}
