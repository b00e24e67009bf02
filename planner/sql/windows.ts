/** Turns window functions of the syntax tree into ours. */

import { nearestName } from '../errors.js'
import type { Expression, SortKey, WindowFrame } from '../expression.js'
import { aggregateForSql, windowForSql } from '../functions.js'
import type { AstExpression, AstOrder, AstWindow } from './ast.js'
import type { Convert } from './convert.js'
import type { SqlText } from './sql-text.js'

export function convertWindow(window: AstWindow, convert: Convert, text: SqlText): Expression {
  if (window.ignore_nulls) throw text.unsupported('IGNORE NULLS', window)
  if (window.exclude_clause !== undefined) throw text.unsupported('EXCLUDE in a window frame', window)
  if (window.filter_expr !== undefined) throw text.unsupported('FILTER on a window function', window)
  if (window.distinct) throw text.unsupported('DISTINCT in a window function', window)
  if (window.arg_orders !== undefined) throw text.unsupported('ORDER BY in the arguments of a window function', window)
  const parameters = [...(window.children ?? []), window.offset_expr, window.default_expr]
  return {
    kind: 'window',
    function: windowFunction(window, text),
    arguments: parameters.filter((parameter) => parameter !== undefined).map(convert),
    partitionBy: (window.partitions ?? []).map(convert),
    orderBy: (window.orders ?? []).map((order) => sortKeyOf(order, convert)),
    frame: frameOf(window, text),
    position: text.position(window),
  }
}

/** DuckDB's defaults: ascending, nulls last either way. */
function sortKeyOf(order: AstOrder, convert: Convert): SortKey {
  return {
    expression: convert(order.expression),
    descending: order.type === 'DESCENDING',
    nullsFirst: order.null_order === 'NULLS FIRST',
  }
}

/** Null for the default frame: from the start to the current row and its peers, or all rows without an order. */
function frameOf(window: AstWindow, text: SqlText): WindowFrame | null {
  const bounds = `${window.start} ${window.end}`
  if (bounds === 'UNBOUNDED_PRECEDING CURRENT_ROW_RANGE') return null
  if (bounds.includes('GROUPS')) throw text.unsupported('GROUPS in a window frame', window)
  return {
    unit: bounds.includes('RANGE') ? 'range' : 'rows',
    start: boundOf(window.start, window.start_expr, window, text),
    end: boundOf(window.end, window.end_expr, window, text),
  }
}

function boundOf(kind: string, offset: AstExpression | undefined, window: AstWindow, text: SqlText): number | null {
  if (kind.startsWith('UNBOUNDED')) return null
  if (kind.startsWith('CURRENT_ROW')) return 0
  const value = offset?.class === 'CONSTANT' && !offset.value.is_null ? Number(offset.value.value) : Number.NaN
  if (!Number.isInteger(value)) throw text.unsupported('a window frame bound that is not a constant integer', window)
  return kind.includes('PRECEDING') ? -value : value
}

function windowFunction(window: AstWindow, text: SqlText): string {
  const name = window.function_name.toLowerCase()
  if (name === 'count' && window.children === undefined) return 'countStar'
  const found = windowForSql(name) ?? aggregateForSql(name)
  if (found !== null && found !== undefined) return found.name
  const nearest = nearestName(name, ['row_number', 'rank', 'dense_rank', 'lag', 'lead', 'first_value', 'last_value'])
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`
  throw text.error('VOLLEY_UNKNOWN_FUNCTION', `there is no window function ${window.function_name}${hint}`, window)
}
