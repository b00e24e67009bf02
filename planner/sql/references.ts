/** The tables and files that a query reads, so that they can be opened before it is expanded. */

import type { ScalarValue } from '../expression.js'
import type { AstExpression, AstTable } from './ast.js'
import type { TableReference } from './environment.js'
import type { SqlText } from './sql-text.js'

type Referencing = Extract<AstTable, { type: 'BASE_TABLE' } | { type: 'TABLE_FUNCTION' }>

const FORMATS: Readonly<Record<string, TableReference['format']>> = {
  read_parquet: 'parquet',
  parquet_scan: 'parquet',
  read_csv: 'csv',
  read_csv_auto: 'csv',
  read_json: 'ndjson',
  read_json_auto: 'ndjson',
  read_ndjson: 'ndjson',
  read_ndjson_auto: 'ndjson',
  read_arrow: 'arrow',
}

/** What a table or table function of FROM refers to. */
export function referenceOf(table: Referencing, text: SqlText): TableReference {
  const position = text.position(table)
  if (table.type === 'BASE_TABLE') {
    if (table.schema_name !== undefined || table.catalog_name !== undefined) {
      throw text.unsupported('a schema-qualified table name', table)
    }
    const name = table.table_name
    return { key: `table ${name.toLowerCase()}`, format: null, names: [name], options: {}, position }
  }
  const call = table.function
  if (call.class !== 'FUNCTION') throw text.unsupported('this table function', table)
  const format = FORMATS[call.function_name.toLowerCase()]
  if (format === undefined) throw text.unsupported(`the table function ${call.function_name}`, table)
  const [paths, ...named] = call.children ?? []
  const options = Object.fromEntries(named.map((argument) => optionOf(argument, text)))
  const value = paths && constantOf(paths)
  const names = typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : []
  if (names.length === 0) {
    throw text.error('VOLLEY_INVALID_ARGUMENT', `${call.function_name} needs a path or a list of paths`, table)
  }
  return { key: `${format} ${JSON.stringify([names, options])}`, format, names, options, position }
}

/** The name by which columns of a table without an alias are qualified. */
export function defaultAlias(table: Referencing): string {
  if (table.type === 'TABLE_FUNCTION') {
    return table.function.class === 'FUNCTION' ? table.function.function_name : ''
  }
  const file = /([^/\\]+)\.[^./\\]+$/.exec(table.table_name)
  return file === null ? table.table_name : file[1]
}

/** `name = constant`. */
function optionOf(argument: AstExpression, text: SqlText): [string, ScalarValue] {
  if (argument.class === 'COMPARISON' && argument.left.class === 'COLUMN_REF') {
    const value = constantOf(argument.right)
    if (value !== undefined) return [argument.left.column_names.join('.').toLowerCase(), value]
  }
  throw text.unsupported('an option of a table function that is not `name = constant`', argument)
}

/** The value of a constant, a list of constants or TRUE and FALSE; undefined for all else. */
function constantOf(node: AstExpression): ScalarValue | undefined {
  if (node.class === 'CONSTANT') {
    if (node.value.is_null) return null
    const { value } = node.value
    return typeof value === 'object' ? undefined : (value ?? '')
  }
  if (node.class === 'CAST' && node.cast_type.id === 'BOOLEAN') return constantOf(node.child) === 't'
  if (node.class === 'FUNCTION' && node.function_name === 'list_value') {
    const elements = (node.children ?? []).map(constantOf)
    return elements.some((element) => element === undefined) ? undefined : (elements as ScalarValue[])
  }
  return undefined
}

/**
 * Every table that a parsed query refers to, anywhere in it, once each, but for those that WITH defines.
 * `tables` are names known already (in any case), left out too.
 */
export function referencesIn(statement: unknown, text: SqlText, tables: readonly string[]): TableReference[] {
  const found = new Map<string, TableReference>()
  const visit = (node: unknown, known: ReadonlySet<string>): void => {
    if (Array.isArray(node)) for (const element of node) visit(element, known)
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return
    const { cte_map: definitions, type } = node as { cte_map?: { map?: readonly { key: string }[] }; type?: unknown }
    if (type === 'BASE_TABLE' || type === 'TABLE_FUNCTION') {
      const table = node as Referencing
      if (table.type === 'BASE_TABLE' && known.has(table.table_name.toLowerCase())) return
      const reference = referenceOf(table, text)
      if (!found.has(reference.key)) found.set(reference.key, reference)
      return
    }
    let inner = known
    for (const definition of definitions?.map ?? []) {
      visit(definition, inner)
      inner = new Set([...inner, definition.key.toLowerCase()])
    }
    for (const [name, child] of Object.entries(node)) if (name !== 'cte_map') visit(child, inner)
  }
  visit(statement, new Set(tables.map((name) => name.toLowerCase())))
  return [...found.values()]
}
