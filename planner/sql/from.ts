/** Turns a FROM clause into a plan whose columns have names that are unique within the SELECT. */

import { unreachable } from '../errors.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstTable } from './ast.js'
import type { QueryEnvironment, Relation } from './environment.js'
import { convertExpression } from './expressions.js'
import { expandJoin } from './joins.js'
import { defaultAlias, referenceOf } from './references.js'
import { type Scope, type ScopeColumn, uniqueName } from './scope.js'
import type { SqlText } from './sql-text.js'

/** `used` collects the internal names of the whole SELECT. */
export function expandFrom(table: AstTable, environment: QueryEnvironment, used: Set<string>): Scope {
  const { text } = environment
  if (table.sample !== undefined) throw text.unsupported('TABLESAMPLE', table)
  switch (table.type) {
    case 'EMPTY':
      return { plan: environment.oneRow, columns: [] }
    case 'JOIN': {
      const left = expandFrom(table.left, environment, used)
      const right = expandFrom(table.right, environment, used)
      return expandJoin(table, left, right, text, used)
    }
    case 'BASE_TABLE':
    case 'TABLE_FUNCTION': {
      const relation = table.type === 'BASE_TABLE' ? commonTable(table.table_name, environment) : null
      const alias = table.alias ?? defaultAlias(table)
      return bind(relation ?? opened(table, environment), alias, table, used, text)
    }
    case 'SUBQUERY': {
      // A subquery in FROM sees neither its neighbours nor, but through LATERAL, the columns around it.
      const relation = environment.expandQuery(table.subquery.node, environment)
      return bind(relation, table.alias ?? '', table, used, text)
    }
    case 'EXPRESSION_LIST':
      return bind(values(table.values, environment), table.alias ?? '', table, used, text)
    case 'PIVOT':
      throw text.unsupported('PIVOT', table)
    case 'SHOW_REF':
      throw text.unsupported('DESCRIBE or SHOW', table)
    case 'COLUMN_DATA':
    case 'DELIM_GET':
    case 'CTE':
    case 'BOUND_TABLE_REF':
      throw text.unsupported(`a table of kind ${table.type}`, table)
    default:
      return unreachable(table)
  }
}

function commonTable(name: string, environment: QueryEnvironment): Relation | null {
  const found = environment.commonTables.get(name.toLowerCase())
  if (found === undefined) return null
  if (found.aliases.length === 0) return environment.expandQuery(found.query, found.environment)
  const { plan, names } = environment.expandQuery(found.query, found.environment)
  const aliases = found.aliases.slice(0, names.length)
  const renames = Object.fromEntries(aliases.map((alias, i) => [names[i], alias]))
  return { plan: { kind: 'rename', input: plan, names: renames }, names: [...aliases, ...names.slice(aliases.length)] }
}

function opened(
  table: Extract<AstTable, { type: 'BASE_TABLE' | 'TABLE_FUNCTION' }>,
  environment: QueryEnvironment,
): Relation {
  const { text } = environment
  const reference = referenceOf(table, text)
  const relation = environment.lookup(reference)
  if (relation !== null) return relation
  const known = environment.tables.length === 0 ? '' : `; the tables here are ${environment.tables.join(', ')}`
  throw text.error('VOLLEY_UNKNOWN_TABLE', `there is no table or file ${reference.names.join(', ')}${known}`, table)
}

/** Rows of constants: one SELECT each, put together. */
function values(rows: readonly (readonly AstExpression[])[], environment: QueryEnvironment): Relation {
  const { text, oneRow } = environment
  const names = rows[0].map((_, i) => `col${i}`)
  const refuse = (node: AstExpression): never => {
    throw text.unsupported('anything but constants in VALUES', node)
  }
  const context = {
    text,
    column: (_: readonly string[], node: AstExpression) => refuse(node),
    subquery: refuse,
    star: refuse,
  }
  const inputs = rows.map(
    (row): LogicalPlan => ({
      kind: 'select',
      input: oneRow,
      expressions: row.map((one, i) => ({ kind: 'alias', argument: convertExpression(one, context), name: names[i] })),
    }),
  )
  return { plan: inputs.length === 1 ? inputs[0] : { kind: 'union', inputs }, names }
}

/** Gives a relation's columns a table name, their aliases, and internal names that nothing else in FROM has. */
function bind(relation: Relation, table: string, node: AstTable, used: Set<string>, text: SqlText): Scope {
  const { names } = relation
  const visible = [...(node.column_name_alias ?? []), ...names.slice(node.column_name_alias?.length ?? 0)]
  if (visible.length !== names.length) {
    const message = `${table} has ${names.length} columns, but ${visible.length} aliases`
    throw text.error('VOLLEY_SCHEMA_MISMATCH', message, node)
  }
  const renames: Record<string, string> = {}
  const columns = names.map((name, i): ScopeColumn => {
    const free = used.has(name) ? `${table}.${name}` : name
    const internal = uniqueName(free, used)
    if (internal !== name) renames[name] = internal
    return { table, name: visible[i], internal, hidden: false }
  })
  const plan = relation.plan
  return { plan: Object.keys(renames).length === 0 ? plan : { kind: 'rename', input: plan, names: renames }, columns }
}
