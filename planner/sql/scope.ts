/** The columns that names in a SELECT may mean, and the plan that has them. */

import { nearestName } from '../errors.js'
import type { Expression } from '../expression.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression } from './ast.js'
import type { SqlText } from './sql-text.js'

export interface ScopeColumn {
  /** The table's name or alias; empty for a column that USING merged from both sides. */
  readonly table: string
  /** As users write it. */
  readonly name: string
  /** Its name in the plan, unique within the SELECT. */
  readonly internal: string
  /** Reached by its qualified name only, because USING merged it into another. */
  readonly hidden: boolean
}

/** What a FROM clause or a part of it gives. */
export interface Scope {
  readonly plan: LogicalPlan
  readonly columns: readonly ScopeColumn[]
}

export function column(internal: string, position?: number): Expression {
  return position === undefined ? { kind: 'column', name: internal } : { kind: 'column', name: internal, position }
}

/** True if SQL takes both for the same name: it ignores case. */
export function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase()
}

/**
 * The column that a name means, or null if there is none.
 * @throws VolleyError VOLLEY_AMBIGUOUS_COLUMN; VOLLEY_UNSUPPORTED for more than table and column.
 */
export function findColumn(
  columns: readonly ScopeColumn[],
  names: readonly string[],
  node: AstExpression,
  text: SqlText,
): ScopeColumn | null {
  if (names.length > 2) throw text.unsupported('a name of more than table and column', node)
  const name = names[names.length - 1]
  const table = names.length === 2 ? names[0] : null
  const candidates = columns.filter(
    (one) => sameName(one.name, name) && (table === null ? !one.hidden : sameName(one.table, table)),
  )
  // Tables from files may have columns that differ in case only: then the case decides.
  const exact = candidates.filter((one) => one.name === name)
  const found = exact.length > 0 ? exact : candidates
  if (found.length > 1) {
    const meanings = found.map((one) => (one.table === '' ? one.name : `${one.table}.${one.name}`)).join(' or ')
    throw text.error('VOLLEY_AMBIGUOUS_COLUMN', `column ${names.join('.')} is ambiguous: ${meanings}`, node)
  }
  return found[0] ?? null
}

/** The error for a name that `findColumn` did not find. */
export function unknownColumn(
  columns: readonly ScopeColumn[],
  names: readonly string[],
  node: AstExpression,
  text: SqlText,
): Error {
  const name = names[names.length - 1]
  if (names.length === 2 && !columns.some((one) => sameName(one.table, names[0]))) {
    if (columns.some((one) => sameName(one.name, names[0]))) return text.unsupported('a field access', node)
    const tables = [...new Set(columns.map((one) => one.table))].filter((table) => table !== '')
    const message = `there is no table ${names[0]} in FROM; it has ${tables.join(', ') || 'none'}`
    return text.error('VOLLEY_UNKNOWN_TABLE', message, node)
  }
  const candidates = columns.map((one) => one.name)
  const nearest = nearestName(name, candidates)
  const hint = nearest === null ? `; there are ${candidates.join(', ') || 'none'}` : `; did you mean ${nearest}?`
  return text.error('VOLLEY_UNKNOWN_COLUMN', `there is no column ${names.join('.')}${hint}`, node)
}

/** A name like `base` that is not yet in `used`, to which it is added. */
export function uniqueName(base: string, used: Set<string>): string {
  let name = base
  for (let i = 1; used.has(name); i++) name = `${base}_${i}`
  used.add(name)
  return name
}
