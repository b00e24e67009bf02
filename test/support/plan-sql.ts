/**
 * Writes a resolved plan as SQL, so that DuckDB can say what it computes. Columns are called c0, c1, ...
 * in every subquery: names of the plan, which may repeat, play no part in the meaning.
 */

import type { SortKey, TypedAggregate, TypedExpression, TypedWindow } from '../../planner/expression.js'
import { mapTypedChildren } from '../../planner/expression-tree.js'
import {
  formatAggregate,
  formatExpression,
  formatName,
  formatSortKey,
  formatWindow,
} from '../../planner/format-expression.js'
import type { ResolvedPlan, TableSource } from '../../planner/logical-plan.js'
import type { PlanOf } from '../../planner/plan-tree.js'

/** A SELECT whose columns have the plan's names. */
export function sqlOf(plan: ResolvedPlan, tableOf: (source: TableSource) => string): string {
  const names = plan.schema.fields.map((field, i) => `c${i} AS ${quoted(field.name)}`)
  return `SELECT ${names.join(', ')} FROM (${numbered(plan, tableOf)})`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function numbered(plan: ResolvedPlan, tableOf: (source: TableSource) => string): string {
  const from = (input: ResolvedPlan, alias = '') => `(${numbered(input, tableOf)}) ${alias}`
  switch (plan.kind) {
    case 'scan':
      return select(
        plan.schema.fields.map((field) => formatName(field.name)),
        tableOf(plan.source),
      )
    case 'filter':
      return `SELECT * FROM ${from(plan.input)} WHERE ${text(plan.predicate)}`
    case 'project':
      return select(
        plan.expressions.map((one) => text(one.expression)),
        from(plan.input),
      )
    case 'aggregate': {
      const keys = plan.keys.map((key) => text(key.expression))
      const list = [...keys, ...plan.aggregates.map(aggregateText)]
      const by = keys.length === 0 ? '' : ` GROUP BY ${keys.map((_, i) => i + 1).join(', ')}`
      return select(list, from(plan.input)) + by
    }
    case 'join':
      return joinText(plan, from(plan.left, 'l'), from(plan.right, 'r'))
    case 'sort': {
      const keys = plan.keys.map((key) => formatSortKey(renumberedKey(key)))
      return `SELECT * FROM ${from(plan.input)} ORDER BY ${keys.join(', ')}${limitText(plan.limit)}`
    }
    case 'limit':
      return `SELECT * FROM ${from(plan.input)}${limitText(plan.count)} OFFSET ${plan.offset}`
    case 'distinct':
      return `SELECT DISTINCT ON (${plan.on.map((index) => `c${index}`).join(', ')}) * FROM ${from(plan.input)}`
    case 'union':
      return plan.inputs.map((input) => `SELECT * FROM ${from(input)}`).join(' UNION ALL ')
    case 'window': {
      const passed = plan.input.schema.fields.map((_, i) => `c${i}`)
      return select([...passed, ...plan.windows.map(windowText)], from(plan.input))
    }
    case 'map':
      throw new Error('a user function has no SQL')
  }
}

function select(list: readonly string[], from: string): string {
  // SQL has no tables without columns.
  const columns = list.length === 0 ? ['1 AS nothing'] : list.map((one, i) => `${one} AS c${i}`)
  return `SELECT ${columns.join(', ')} FROM ${from}`
}

function limitText(count: number | null): string {
  return count === null ? '' : ` LIMIT ${count}`
}

function joinText(plan: PlanOf<'join'>, left: string, right: string): string {
  const pairs = plan.leftKeys.map((key, i) => `${text(key, 'l.')} = ${text(plan.rightKeys[i], 'r.')}`)
  const on = pairs.length === 0 ? '' : ` ON ${pairs.join(' AND ')}`
  const shared = new Map(
    plan.sharedKeys ? plan.leftKeys.map((key, i) => [key.kind === 'column' ? key.index : -1, i]) : [],
  )
  const leftColumns = plan.left.schema.fields.map((_, i) => {
    const key = shared.get(i)
    return key === undefined ? `l.c${i}` : `coalesce(l.c${i}, ${text(plan.rightKeys[key], 'r.')})`
  })
  const only = plan.how === 'semi' || plan.how === 'anti'
  const columns = only
    ? plan.left.schema.fields.map((_, i) => `l.c${i}`)
    : [...leftColumns, ...plan.rightColumns.map((index) => `r.c${index}`)]
  return select(columns, `${left} ${plan.how.toUpperCase()} JOIN ${right}${on}`)
}

function text(expression: TypedExpression, qualifier = ''): string {
  const formatted = formatExpression(renumbered(expression))
  if (qualifier === '') return formatted
  // Only where no string constant is open.
  return formatted.replace(/\bc(\d+)\b(?=(?:[^']*'[^']*')*[^']*$)/g, `${qualifier}c$1`)
}

function renumbered(expression: TypedExpression): TypedExpression {
  if (expression.kind === 'column') return { ...expression, name: `c${expression.index}` }
  if (expression.kind === 'literal' && expression.type.kind === 'float') {
    // The text of a float without a fraction is that of an integer.
    return { kind: 'cast', argument: expression, type: expression.type, try: false }
  }
  return mapTypedChildren(expression, renumbered)
}

function renumberedKey(key: SortKey<TypedExpression>): SortKey<TypedExpression> {
  return { ...key, expression: renumbered(key.expression) }
}

function aggregateText(aggregate: TypedAggregate): string {
  const { argument, filter } = aggregate
  return formatAggregate({
    ...aggregate,
    argument: argument && renumbered(argument),
    filter: filter && renumbered(filter),
  })
}

function windowText(window: TypedWindow): string {
  return formatWindow({
    ...window,
    arguments: window.arguments.map(renumbered),
    partitionBy: window.partitionBy.map(renumbered),
    orderBy: window.orderBy.map(renumberedKey),
  })
}
