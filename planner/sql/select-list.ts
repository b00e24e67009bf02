/** The list of a SELECT: what it shows, and the columns that ORDER BY and others need beside. */

import type { Expression } from '../expression.js'
import { expressionKey } from '../expression-tree.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstStar } from './ast.js'
import { columnName } from './column-names.js'
import { column, findColumn, type ScopeColumn, sameName, uniqueName, unknownColumn } from './scope.js'
import type { SelectNames } from './select-names.js'
import type { SqlText } from './sql-text.js'

export interface ListItem {
  readonly name: string
  readonly expression: Expression
}

/** The items with their stars expanded. Names may repeat. */
export function listItems(
  list: readonly AstExpression[],
  columns: readonly ScopeColumn[],
  names: SelectNames,
): readonly ListItem[] {
  return list.flatMap((node) => {
    if (node.class === 'STAR') return starItems(node, columns, names)
    const expression = names.convert(node)
    return [{ name: node.alias ?? names.shownName(node) ?? columnName(node), expression }]
  })
}

function starItems(star: AstStar, columns: readonly ScopeColumn[], names: SelectNames): readonly ListItem[] {
  const { text } = names
  if (star.columns || star.expr !== undefined) throw text.unsupported('COLUMNS', star)
  const { relation_name: table } = star
  const all = columns.filter((one) => (table === undefined ? !one.hidden : sameName(one.table, table)))
  if (all.length === 0) {
    if (table === undefined) throw text.error('VOLLEY_INVALID_ARGUMENT', 'SELECT * needs a FROM clause', star)
    throw unknownColumn(columns, [table, '*'], star, text)
  }
  const excluded = (star.exclude_list ?? []).map((name) => starColumn(all, name, star, text))
  const replaced = new Map(
    (star.replace_list ?? []).map(({ key, value }) => [starColumn(all, key, star, text), names.convert(value)]),
  )
  const renamed = new Map(
    (star.rename_list ?? []).map(({ key, value }) => [starColumn(all, key.column, star, text), value]),
  )
  return all
    .filter((one) => !excluded.includes(one))
    .map((one) => ({ name: renamed.get(one) ?? one.name, expression: replaced.get(one) ?? column(one.internal) }))
}

function starColumn(columns: readonly ScopeColumn[], name: string, star: AstStar, text: SqlText): ScopeColumn {
  const found = findColumn(columns, [name], star, text)
  if (found === null) throw unknownColumn(columns, [name], star, text)
  return found
}

/** The columns that the list's plan node computes: visible ones first, with unique names, then hidden ones. */
export class OutputList {
  private readonly all: ListItem[]
  private readonly taken: Set<string>
  readonly visibleNames: readonly string[]

  constructor(
    /** Under the names the query gave them, which may repeat. */
    readonly items: readonly ListItem[],
    private readonly used: Set<string>,
  ) {
    this.taken = new Set()
    this.all = items.map(({ name, expression }) => ({ name: uniqueName(name, this.taken), expression }))
    this.visibleNames = this.all.map((one) => one.name)
  }

  get columns(): readonly ListItem[] {
    return this.all
  }

  /** The name of a column that has this value: a visible one if there is one. */
  add(expression: Expression): string {
    const key = expressionKey(expression)
    const existing = this.all.find((one) => expressionKey(one.expression) === key)
    if (existing !== undefined) return existing.name
    let name = uniqueName('hidden', this.used)
    while (this.taken.has(name)) name = uniqueName('hidden', this.used)
    this.taken.add(name)
    this.all.push({ name, expression })
    return name
  }

  /** The column that a term of ORDER BY or DISTINCT ON means: a position, an output's name, or an expression. */
  nameOf(term: AstExpression, names: SelectNames): string {
    const { text } = names
    if (term.class === 'CONSTANT' && term.value.type.id === 'INTEGER') {
      return this.visibleNames[positionOf(term, this.items.length, text)]
    }
    if (term.class === 'COLUMN_REF' && term.column_names.length === 1) {
      const [name] = term.column_names
      const matches = this.items.filter((item) => sameName(item.name, name))
      const meanings = new Set(matches.map((item) => expressionKey(item.expression)))
      if (meanings.size > 1) throw text.error('VOLLEY_AMBIGUOUS_COLUMN', `column ${name} is ambiguous`, term)
      if (matches.length > 0) return this.visibleNames[this.items.indexOf(matches[0])]
    }
    return this.add(names.convert(term))
  }

  /** The visible columns and those named beside. */
  withoutHidden(input: LogicalPlan, beside: readonly string[]): LogicalPlan {
    const names = [...new Set([...this.visibleNames, ...beside])]
    if (this.all.length === names.length) return input
    return { kind: 'select', input, expressions: names.map((name) => column(name)) }
  }
}

/** The index that a position written in SQL, from 1, means. */
export function positionOf(term: AstExpression & { class: 'CONSTANT' }, count: number, text: SqlText): number {
  const position = Number(term.value.value)
  if (position >= 1 && position <= count) return position - 1
  const message = `position ${position} is out of range: the list has ${count} items`
  throw text.error('VOLLEY_INVALID_ARGUMENT', message, term)
}
