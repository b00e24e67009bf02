/**
 * From a plan with SQL text in it to one without. The order of calls:
 *
 *   1. `parseTexts(plan, statements => parser.parse(statements))`: all texts, in one round trip
 *   2. `parsed.references`: the tables to open; the caller opens them (that is IO) and keeps a plan for each
 *   3. `expandPlan(plan, parsed, environment)`: no text, SQL node or qualified name is left in what it returns
 *   4. `resolvePlan`, then `optimize`
 *
 * Everything here is pure; a plan without text needs no parser and comes back as it is.
 */

import { VolleyError } from '../errors.js'
import type { Expression, SortKey } from '../expression.js'
import { mapChildren } from '../expression-tree.js'
import type { LogicalPlan } from '../logical-plan.js'
import { type AstExpression, type AstOrder, type AstQuery, queryOf } from './ast.js'
import type { Relation, TableReference } from './environment.js'
import { convertExpression, type ExpressionContext } from './expressions.js'
import { mapPlan, type PlanVisitor } from './plan-walk.js'
import { expandQuery } from './query.js'
import { referencesIn } from './references.js'
import { column } from './scope.js'
import { SqlText } from './sql-text.js'

export type { TableReference } from './environment.js'

/** Each text once, in the order in which they were found. */
export interface PlanTexts {
  /** Lists of expressions, as after SELECT. */
  readonly expressions: readonly string[]
  /** Sort keys, as after ORDER BY. */
  readonly orders: readonly string[]
  /** Whole queries. */
  readonly queries: readonly string[]
}

export interface ParsedTexts {
  expression(text: string): unknown
  order(text: string): unknown
  query(text: string): unknown
  /** The tables to open: all that queries name, but for those that their `tables` or WITH define. */
  readonly references: readonly TableReference[]
}

export interface ExpansionEnvironment {
  /** The plan of an opened table; null if there is none, which is the user's error. */
  lookup(reference: TableReference): LogicalPlan | null
  /** The columns of a plan without text. */
  columnsOf(plan: LogicalPlan): readonly string[]
  /** A table of one row and any columns, for SELECT without FROM and for VALUES. */
  readonly oneRow: LogicalPlan
}

const EXPRESSION_PREFIX = 'SELECT '
const ORDER_PREFIX = 'SELECT 1 ORDER BY '

/** The texts of a plan that are to be parsed. */
export function collectTexts(plan: LogicalPlan): PlanTexts {
  const expressions = new Set<string>()
  const orders = new Set<string>()
  const queries = new Set<string>()
  const visitExpression = (expression: Expression): Expression => {
    if (expression.kind === 'text') expressions.add(expression.text)
    if (expression.kind !== 'window') return mapChildren(expression, visitExpression)
    visitKeys(expression.orderBy)
    return mapChildren({ ...expression, orderBy: [] }, visitExpression)
  }
  const visitKeys = (keys: readonly SortKey[]): readonly SortKey[] => {
    for (const { expression } of keys) {
      if (expression.kind === 'text') orders.add(expression.text)
      else visitExpression(expression)
    }
    return keys
  }
  const visitor: PlanVisitor = {
    plan: visitPlan,
    one: visitExpression,
    list: (list) => list.map(visitExpression),
    sortKeys: visitKeys,
  }
  function visitPlan(node: LogicalPlan): LogicalPlan {
    if (node.kind === 'sql') queries.add(node.text)
    return mapPlan(node, visitor)
  }
  visitPlan(plan)
  return { expressions: [...expressions], orders: [...orders], queries: [...queries] }
}

/**
 * Parses all texts of a plan with one call of `parse`, which is given statements and returns their syntax trees.
 * @throws VolleyError VOLLEY_PARSE with the user's text in `expression` and the `position` of the fault in it.
 */
export async function parseTexts(
  plan: LogicalPlan,
  parse: (statements: readonly string[]) => Promise<readonly unknown[]>,
): Promise<ParsedTexts> {
  const { expressions, orders, queries } = collectTexts(plan)
  const requests = [
    ...expressions.map((text) => ({ text, prefix: EXPRESSION_PREFIX })),
    ...orders.map((text) => ({ text, prefix: ORDER_PREFIX })),
    ...queries.map((text) => ({ text, prefix: '' })),
  ]
  const statements = requests.map(({ prefix, text }) => prefix + text)
  const trees = requests.length === 0 ? [] : await parse(statements).catch((error) => rethrow(error, requests))
  const byStatement = new Map(statements.map((statement, i) => [statement, trees[i]]))
  return {
    expression: (text) => byStatement.get(EXPRESSION_PREFIX + text),
    order: (text) => byStatement.get(ORDER_PREFIX + text),
    query: (text) => byStatement.get(text),
    references: planReferences(plan, (text) => byStatement.get(text)),
  }
}

/** Puts the user's text and the position in it in place of the statement that was made of it. */
function rethrow(error: unknown, requests: readonly { readonly text: string; readonly prefix: string }[]): never {
  const index = error instanceof VolleyError ? error.details.statement : undefined
  if (!(error instanceof VolleyError) || typeof index !== 'number') throw error
  const { text, prefix } = requests[index]
  const { position } = error.details
  const shifted = position === undefined ? undefined : Math.min(Math.max(0, position - prefix.length), text.length)
  throw new VolleyError(error.code, error.message, { ...error.details, expression: text, position: shifted }, error)
}

function planReferences(plan: LogicalPlan, query: (text: string) => unknown): TableReference[] {
  const references = new Map<string, TableReference>()
  const visitor: PlanVisitor = {
    plan: visit,
    one: (expression) => expression,
    list: (list) => list,
    sortKeys: (keys) => keys,
  }
  function visit(node: LogicalPlan): LogicalPlan {
    if (node.kind === 'sql') {
      for (const reference of referencedTables(query(node.text), node.text, Object.keys(node.tables))) {
        if (!references.has(reference.key)) references.set(reference.key, reference)
      }
    }
    return mapPlan(node, visitor)
  }
  visit(plan)
  return [...references.values()]
}

/** The tables and files that a parsed query reads, but for `tables` and those that WITH defines; each once. */
export function referencedTables(parsed: unknown, text: string, tables: readonly string[] = []): TableReference[] {
  return referencesIn(parsed, new SqlText(text), tables)
}

/**
 * Puts nodes in place of all texts and queries.
 * @throws VolleyError with `expression` and `position`: VOLLEY_UNKNOWN_COLUMN, VOLLEY_AMBIGUOUS_COLUMN,
 *   VOLLEY_UNKNOWN_TABLE, VOLLEY_UNKNOWN_FUNCTION, VOLLEY_INVALID_ARGUMENT, VOLLEY_SCHEMA_MISMATCH, VOLLEY_PARSE,
 *   or VOLLEY_UNSUPPORTED, which names the construct.
 */
export function expandPlan(plan: LogicalPlan, parsed: ParsedTexts, environment: ExpansionEnvironment): LogicalPlan {
  const listOf = (expression: Expression): readonly Expression[] =>
    expression.kind === 'text' ? parsedList(expression.text, parsed) : [expandOne(expression)]
  const expandOne = (expression: Expression): Expression => {
    if (expression.kind === 'window') {
      const partitionBy = expression.partitionBy.flatMap(listOf)
      const orderBy = expandKeys(expression.orderBy)
      return { ...expression, arguments: expression.arguments.map(expandOne), partitionBy, orderBy }
    }
    if (expression.kind !== 'text') return mapChildren(expression, expandOne)
    const list = parsedList(expression.text, parsed)
    if (list.length === 1) return list[0]
    const details = { expression: expression.text, expected: 'one expression', actual: `${list.length} expressions` }
    throw new VolleyError('VOLLEY_PARSE', `expected one expression, found ${list.length}: ${expression.text}`, details)
  }
  const expandKeys = (keys: readonly SortKey[]): readonly SortKey[] =>
    keys.flatMap((key) =>
      key.expression.kind === 'text'
        ? parsedKeys(key, key.expression.text, parsed)
        : [{ ...key, expression: expandOne(key.expression) }],
    )
  const visitor: PlanVisitor = {
    plan: expandNode,
    one: expandOne,
    list: (list) => list.flatMap(listOf),
    sortKeys: expandKeys,
  }
  function expandNode(node: LogicalPlan): LogicalPlan {
    const expanded = mapPlan(node, visitor)
    return expanded.kind === 'sql' ? expandSql(expanded, parsed, environment) : expanded
  }
  return expandNode(plan)
}

function expandSql(
  node: Extract<LogicalPlan, { kind: 'sql' }>,
  parsed: ParsedTexts,
  environment: ExpansionEnvironment,
): LogicalPlan {
  const tables = new Map(Object.entries(node.tables).map(([name, table]) => [name.toLowerCase(), table]))
  const lookup = (reference: TableReference): Relation | null => {
    const given = reference.format === null ? tables.get(reference.names[0].toLowerCase()) : undefined
    const plan = given ?? environment.lookup(reference)
    return plan && { plan, names: environment.columnsOf(plan) }
  }
  const { oneRow } = environment
  const text = new SqlText(node.text)
  return expandQuery(queryOf(parsed.query(node.text)), {
    text,
    commonTables: new Map(),
    tables: Object.keys(node.tables),
    lookup,
    oneRow,
    expandQuery,
    outer: [],
    correlation: null,
  }).plan
}

/** The expressions of a text, with their aliases. */
function parsedList(source: string, parsed: ParsedTexts): readonly Expression[] {
  const text = new SqlText(EXPRESSION_PREFIX + source, EXPRESSION_PREFIX.length)
  const query = queryOf(parsed.expression(source))
  if (!isBareList(query)) throw text.error('VOLLEY_PARSE', `expected a list of expressions, found a query: ${source}`)
  const context = textContext(text)
  return query.select_list.map((node): Expression => {
    const expression = convertExpression(node, context)
    return node.alias === undefined ? expression : { kind: 'alias', argument: expression, name: node.alias }
  })
}

function parsedKeys(key: SortKey, source: string, parsed: ParsedTexts): readonly SortKey[] {
  const text = new SqlText(ORDER_PREFIX + source, ORDER_PREFIX.length)
  const query = queryOf(parsed.order(source))
  const orders = orderOnly(query)
  if (orders === null) throw text.error('VOLLEY_PARSE', `expected sort keys, found a query: ${source}`)
  const context = textContext(text)
  // What the text says of direction and nulls goes before what the caller said beside it.
  return orders.map((order) => ({
    expression: convertExpression(order.expression, context),
    descending: order.type === 'ORDER_DEFAULT' ? key.descending : order.type === 'DESCENDING',
    nullsFirst: order.null_order === 'ORDER_DEFAULT' ? key.nullsFirst : order.null_order === 'NULLS FIRST',
  }))
}

function isBareList(query: AstQuery): query is Extract<AstQuery, { type: 'SELECT_NODE' }> {
  if (query.type !== 'SELECT_NODE' || query.from_table.type !== 'EMPTY' || query.modifiers !== undefined) return false
  const { where_clause, group_expressions, having, qualify, sample, cte_map, aggregate_handling } = query
  const clauses = [where_clause, group_expressions, having, qualify, sample, cte_map?.map]
  return aggregate_handling === 'STANDARD_HANDLING' && clauses.every((clause) => clause === undefined)
}

function orderOnly(query: AstQuery): readonly AstOrder[] | null {
  if (query.type !== 'SELECT_NODE' || query.modifiers?.length !== 1) return null
  const [modifier] = query.modifiers
  return modifier.type === 'ORDER_MODIFIER' ? modifier.orders : null
}

/** In text outside of a query, a name is that of a column of the input, which the resolver looks up. */
function textContext(text: SqlText): ExpressionContext {
  return {
    text,
    column: (names, node: AstExpression) => {
      if (names.length > 1) throw text.unsupported('a qualified name outside of a query', node)
      return column(names[0], text.position(node))
    },
    subquery: (node) => {
      throw text.unsupported('a subquery outside of a query', node)
    },
    star: (node) => {
      if (node.relation_name || node.replace_list || node.rename_list || node.columns || node.expr) {
        throw text.unsupported('a star with anything but EXCLUDE', node)
      }
      return node.exclude_list === undefined ? { kind: 'star' } : { kind: 'star', exclude: node.exclude_list }
    },
  }
}
