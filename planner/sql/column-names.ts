/** Names result columns that have no alias, as DuckDB does: by printing the expression. */

import type { AstExpression, AstOrder, AstType, AstValue, AstWindow } from './ast.js'

export function columnName(expression: AstExpression): string {
  if (expression.alias !== undefined) return expression.alias
  if (expression.class === 'COLUMN_REF') return expression.column_names[expression.column_names.length - 1]
  return print(expression)
}

const COMPARISONS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '!=',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_DISTINCT_FROM: 'IS DISTINCT FROM',
  COMPARE_NOT_DISTINCT_FROM: 'IS NOT DISTINCT FROM',
}

/** What `not` over a comparison prints as: the parser's own printer turns it round. */
const NEGATED: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '!=',
  COMPARE_NOTEQUAL: '=',
  COMPARE_LESSTHAN: '>=',
  COMPARE_GREATERTHAN: '<=',
  COMPARE_LESSTHANOREQUALTO: '>',
  COMPARE_GREATERTHANOREQUALTO: '<',
}

function print(expression: AstExpression): string {
  switch (expression.class) {
    case 'COLUMN_REF':
      return expression.column_names.join('.')
    case 'CONSTANT':
      return printValue(expression.value)
    case 'FUNCTION': {
      const children = (expression.children ?? []).map(print)
      const name = expression.function_name
      if (/^[^a-z_]/i.test(name) && children.length === 2) return `(${children[0]} ${name} ${children[1]})`
      const distinct = expression.distinct ? 'DISTINCT ' : ''
      const filter = expression.filter ? ` FILTER (WHERE ${print(expression.filter)})` : ''
      return `${name}(${distinct}${children.join(', ')})${filter}`
    }
    case 'COMPARISON':
      return `(${print(expression.left)} ${COMPARISONS[expression.type]} ${print(expression.right)})`
    case 'CONJUNCTION':
      return `(${expression.children.map(print).join(expression.type === 'CONJUNCTION_OR' ? ' OR ' : ' AND ')})`
    case 'OPERATOR':
      return printOperator(expression.type, expression.children)
    case 'BETWEEN':
      return `(${print(expression.input)} BETWEEN ${print(expression.lower)} AND ${print(expression.upper)})`
    case 'CAST': {
      const cast = expression.try_cast ? 'TRY_CAST' : 'CAST'
      return `${cast}(${print(expression.child)} AS ${printType(expression.cast_type)})`
    }
    case 'CASE': {
      const branches = expression.case_checks.map(
        ({ when_expr, then_expr }) => ` WHEN (${print(when_expr)}) THEN (${print(then_expr)})`,
      )
      return `CASE ${branches.join('')} ELSE ${print(expression.else_expr)} END`
    }
    case 'WINDOW':
      return printWindow(expression)
    case 'SUBQUERY':
      return 'subquery'
    case 'STAR':
      return '*'
    case 'COLLATE':
    case 'LAMBDA':
    case 'PARAMETER':
    case 'POSITIONAL_REFERENCE':
    case 'DEFAULT':
      return expression.class.toLowerCase()
  }
}

function printOperator(type: string, children: readonly AstExpression[]): string {
  const [first, ...others] = children.map(print)
  switch (type) {
    case 'COMPARE_IN':
      return `(${first} IN (${others.join(', ')}))`
    case 'COMPARE_NOT_IN':
      return `(${first} NOT IN (${others.join(', ')}))`
    case 'OPERATOR_IS_NULL':
      return `(${first} IS NULL)`
    case 'OPERATOR_IS_NOT_NULL':
      return `(${first} IS NOT NULL)`
    case 'OPERATOR_NOT': {
      const [child] = children
      if (child.class === 'COMPARISON' && NEGATED[child.type] !== undefined) {
        return `(${print(child.left)} ${NEGATED[child.type]} ${print(child.right)})`
      }
      return `(NOT ${first})`
    }
    default:
      return `${type.replace('OPERATOR_', '')}(${[first, ...others].join(', ')})`
  }
}

function printWindow(window: AstWindow): string {
  const parameters = [...(window.children ?? []), window.offset_expr, window.default_expr]
  const printed = parameters.filter((parameter) => parameter !== undefined).map(print)
  const clauses: string[] = []
  if (window.partitions) clauses.push(`PARTITION BY ${window.partitions.map(print).join(', ')}`)
  if (window.orders) clauses.push(`ORDER BY ${window.orders.map(printOrder).join(', ')}`)
  const isDefault = window.start === 'UNBOUNDED_PRECEDING' && window.end === 'CURRENT_ROW_RANGE'
  if (!isDefault) clauses.push(printFrame(window))
  return `${window.function_name}(${printed.join(', ')}) OVER (${clauses.join(' ')})`
}

function printOrder(order: AstOrder): string {
  const direction = { ORDER_DEFAULT: '', ASCENDING: ' ASC', DESCENDING: ' DESC' }[order.type]
  return `${print(order.expression)}${direction}${order.null_order === 'ORDER_DEFAULT' ? '' : ` ${order.null_order}`}`
}

function printFrame(window: AstWindow): string {
  const bound = (kind: string, offset: AstExpression | undefined) => {
    if (kind.startsWith('CURRENT_ROW')) return 'CURRENT ROW'
    if (kind.startsWith('UNBOUNDED')) return kind.replace('_', ' ')
    return `${offset ? print(offset) : ''} ${kind.includes('PRECEDING') ? 'PRECEDING' : 'FOLLOWING'}`
  }
  const unit = `${window.start} ${window.end}`.includes('RANGE') ? 'RANGE' : 'ROWS'
  return `${unit} BETWEEN ${bound(window.start, window.start_expr)} AND ${bound(window.end, window.end_expr)}`
}

function printValue(constant: AstValue): string {
  if (constant.is_null) return 'NULL'
  const value = constant.value ?? ''
  if (constant.type.id === 'VARCHAR') return `'${String(value).replaceAll("'", "''")}'`
  if (typeof value === 'object') return printInteger(BigInt(value.upper) * 2n ** 64n + BigInt(value.lower), constant)
  if (constant.type.id === 'DECIMAL') return printInteger(BigInt(value), constant)
  return constant.type.id === 'DOUBLE' && Number.isInteger(value) ? `${value}.0` : String(value)
}

function printInteger(unscaled: bigint, { type }: AstValue): string {
  const scale = type.type_info?.scale ?? 0
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function printType(type: AstType): string {
  if (type.id === 'DECIMAL') return `DECIMAL(${type.type_info?.width ?? 18},${type.type_info?.scale ?? 0})`
  if (type.id === 'LIST' && type.type_info?.child_type) return `${printType(type.type_info.child_type)}[]`
  return type.id
}
