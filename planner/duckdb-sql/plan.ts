/**
 * A resolved plan as one SELECT, whose rows are those of the bulk strategy.
 *
 * The columns of every subquery are called c0, c1, ...: names of the plan, which may repeat, play no part in the meaning.
 * Where a result depends on the order of rows (a limit, ties of a sort, `first`), the subqueries below carry positions.
 */

import { unreachable } from '../errors.js'
import type { NamedExpression } from '../expression.js'
import type { ResolvedPlan } from '../logical-plan.js'
import type { PlanOf } from '../plan-tree.js'
import { isOrderedAggregate, sqlOfAggregate } from './aggregates.js'
import { type ColumnName, sqlOfExpression, sqlOfKey, sqlOfSortKeys } from './expressions.js'
import { joinSql } from './joins.js'
import { NoSql } from './no-sql.js'
import { firstPosition, type Positions, passedOn, positionNames } from './positions.js'
import { needsOrder, sqlOfWindow } from './windows.js'

/**
 * What stands behind FROM for a scan: a table or subquery whose columns are called c0, c1, ... in the order of the scan's
 * schema and have the types of `duckDbType`. With `position`, a further column p0 of integers grows with each row.
 */
export type TableOf = (scan: PlanOf<'scan'>, position: boolean) => string

/** A SELECT with the columns c0, c1, ... and the positions. */
interface Query {
  readonly sql: string
  readonly positions: Positions
  /** Whether DuckDB hands the rows out in their order anyway, as it does with `preserve_insertion_order`. */
  readonly inOrder: boolean
}

/**
 * A SELECT whose columns are called c0, c1, ... Its rows come in the order of the plan's unless an aggregate, a join or a
 * distinct, which promise none, are above the last sort. @throws NoSql where DuckDB has no equal.
 */
export function sqlOfPlan(plan: ResolvedPlan, tableOf: TableOf): string {
  const compiler = new PlanCompiler(tableOf)
  const query = compiler.query(plan, false)
  if (query.inOrder || !promisesOrder(plan)) return query.sql
  const placed = compiler.query(plan, true)
  return select(columnNames(plan), placed, `ORDER BY ${placed.positions.join(', ')}`)
}

/** Whether the order of the rows is part of the result. */
export function promisesOrder(plan: ResolvedPlan): boolean {
  switch (plan.kind) {
    case 'scan':
    case 'sort':
      return true
    case 'aggregate':
    case 'join':
    case 'distinct':
      return false
    case 'union':
      return plan.inputs.every(promisesOrder)
    case 'filter':
    case 'project':
    case 'limit':
    case 'map':
    case 'component':
    case 'window':
      return promisesOrder(plan.input)
    default:
      return unreachable(plan)
  }
}

const columnName: ColumnName = (index) => `c${index}`

function columnNames({ schema }: ResolvedPlan): string[] {
  return schema.fields.map((_, index) => columnName(index))
}

function renamed(list: readonly string[]): string[] {
  return list.map((one, index) => (one === columnName(index) ? one : `${one} AS ${columnName(index)}`))
}

/** SQL has no tables without columns. */
function listText(list: readonly string[]): string {
  return list.length === 0 ? '1 AS nothing' : list.join(', ')
}

function select(list: readonly string[], from: Query, rest = ''): string {
  return `SELECT ${listText(list)} FROM (${from.sql})${rest === '' ? '' : ` ${rest}`}`
}

function orderBy(terms: readonly string[]): string {
  return terms.length === 0 ? '' : `ORDER BY ${terms.join(', ')}`
}

function limitText(count: number | null, offset = 0): string {
  const limit = count === null ? '' : `LIMIT ${count}`
  return offset === 0 ? limit : `${limit} OFFSET ${offset}`
}

/** So few rows are kept aside while others pass, not sorted; a column as key then leaves out row groups of a scan. */
const MOST_TOP_ROWS = 5000

class PlanCompiler {
  constructor(private readonly tableOf: TableOf) {}

  query(plan: ResolvedPlan, placed: boolean): Query {
    switch (plan.kind) {
      case 'scan': {
        const positions = positionNames(placed ? 1 : 0)
        const list = listText([...columnNames(plan), ...positions])
        return { sql: `SELECT ${list} FROM ${this.tableOf(plan, placed)}`, positions, inOrder: true }
      }
      case 'filter': {
        const input = this.query(plan.input, placed)
        const condition = `WHERE ${sqlOfExpression(plan.predicate, columnName)}`
        return { ...input, sql: select(this.kept(plan, input), input, condition) }
      }
      case 'project': {
        const input = this.query(plan.input, placed)
        const list = [...renamed(plan.expressions.map(textOf)), ...input.positions]
        return { ...input, sql: select(list, input) }
      }
      case 'aggregate':
        return this.aggregate(plan, placed)
      case 'join':
        return this.join(plan, placed)
      case 'sort':
        return this.sort(plan, placed)
      case 'limit':
        return this.limit(plan, placed)
      case 'distinct':
        return this.distinct(plan, placed)
      case 'union':
        return this.union(plan, placed)
      case 'window':
        return this.window(plan, placed)
      case 'map':
        throw new NoSql(`${plan.mode === 'row' ? 'mapRows' : 'mapBatches'} needs JavaScript`)
      case 'component':
        throw new NoSql('a component needs JavaScript')
      default:
        return unreachable(plan)
    }
  }

  /** The columns of a node that leaves them as they are, and the positions. */
  private kept(plan: ResolvedPlan, input: Query): string[] {
    return [...columnNames(plan), ...input.positions]
  }

  /** Groups come in the order of their first rows. */
  private aggregate(plan: PlanOf<'aggregate'>, placed: boolean): Query {
    const ordered = plan.aggregates.some((one) => isOrderedAggregate(one.function))
    const input = this.query(plan.input, placed || ordered)
    const aggregates = plan.aggregates.map((one) => sqlOfAggregate(one, columnName, input.positions))
    const list = renamed([...plan.keys.map(textOf), ...aggregates])
    if (plan.keys.length === 0) {
      const positions = positionNames(placed ? 1 : 0)
      return { sql: select([...list, ...positions.map((one) => `0 AS ${one}`)], input), positions, inOrder: true }
    }
    return this.grouped(input, list, plan.keys.length, placed)
  }

  private grouped(input: Query, list: readonly string[], keys: number, placed: boolean): Query {
    const positions = positionNames(placed ? 1 : 0)
    const places = positions.map((one) => `${firstPosition(input.positions)} AS ${one}`)
    const by = `GROUP BY ${Array.from({ length: keys }, (_, index) => index + 1).join(', ')}`
    return { sql: select([...list, ...places], input, by), positions, inOrder: false }
  }

  /** Of each group the first row: `first` of each column that is not compared, as bulk does it. */
  private distinct(plan: PlanOf<'distinct'>, placed: boolean): Query {
    const compared = new Set(plan.on)
    const names = columnNames(plan)
    const others = names.filter((_, index) => !compared.has(index))
    const input = this.query(plan.input, placed || others.length > 0)
    const keys = plan.on.map((index) => columnName(index))
    const order = orderBy(input.positions)
    const firsts = others.map((name) => `first(${name} ${order}) AS ${name}`)
    if (keys.length === 0) return this.limited(this.query(plan.input, placed), plan, 1, 0)
    const groups = this.grouped(input, [...keys, ...firsts], keys.length, placed)
    return { ...groups, sql: select([...names, ...groups.positions], groups) }
  }

  private join(plan: PlanOf<'join'>, placed: boolean): Query {
    const left = this.query(plan.left, placed)
    const right = this.query(plan.right, placed && plan.how !== 'semi' && plan.how !== 'anti')
    const { from, columns, order } = joinSql(plan, left, right)
    const positions = positionNames(order.length)
    const list = listText([...renamed(columns), ...passedOn(order, positions)])
    return { sql: `SELECT ${list} FROM ${from}`, positions, inOrder: false }
  }

  private sort(plan: PlanOf<'sort'>, placed: boolean): Query {
    const input = this.query(plan.input, placed || !breaksTies(plan))
    const isTop = plan.limit !== null && plan.limit <= MOST_TOP_ROWS
    const keys = sqlOfSortKeys(plan.keys, columnName, isTop && !placed ? sqlOfExpression : sqlOfKey)
    const order = orderBy([...keys, ...input.positions])
    const limit = limitText(plan.limit)
    const rest = [order, limit].filter((part) => part !== '').join(' ')
    const names = columnNames(plan)
    if (!placed) return { sql: select(names, input, rest), positions: [], inOrder: true }
    const few = plan.limit === null ? input : { ...input, sql: select(this.kept(plan, input), input, rest) }
    const place = `row_number() OVER (${order}) AS p0`
    return { sql: select([...names, place], few), positions: ['p0'], inOrder: false }
  }

  private limit(plan: PlanOf<'limit'>, placed: boolean): Query {
    return this.limited(this.query(plan.input, placed), plan, plan.count, plan.offset)
  }

  private limited(query: Query, plan: PlanOf<'limit' | 'distinct'>, count: number | null, offset: number): Query {
    const input = query.inOrder || query.positions.length > 0 ? query : this.query(plan.input, true)
    const order = input.inOrder ? '' : orderBy(input.positions)
    const rest = [order, limitText(count, offset)].filter((part) => part !== '').join(' ')
    return { ...input, sql: select(this.kept(plan, input), input, rest), inOrder: true }
  }

  private union(plan: PlanOf<'union'>, placed: boolean): Query {
    const inputs = plan.inputs.map((input) => this.query(input, placed))
    const parts = inputs.map((input, index) => {
      if (!placed) return select(columnNames(plan), input)
      const place = hasNumber(plan.inputs[index])
        ? input.positions[0]
        : `row_number() OVER (${orderBy(input.positions)})`
      return select([...columnNames(plan), `${index} AS p0`, `${place} AS p1`], input)
    })
    const positions = positionNames(placed ? 2 : 0)
    return { sql: parts.join(' UNION ALL '), positions, inOrder: inputs.every((input) => input.inOrder) }
  }

  private window(plan: PlanOf<'window'>, placed: boolean): Query {
    const streamed = plan.windows.every(isStreamed)
    const natural = this.query(plan.input, placed)
    if (streamed && natural.inOrder) {
      const list = [...this.kept(plan.input, natural)]
      const windows = plan.windows.map((window) => sqlOfWindow(window, columnName))
      return { ...natural, sql: select([...list, ...this.added(plan, windows)], natural) }
    }
    const input = plan.windows.some(needsOrder) ? this.query(plan.input, true) : natural
    const windows = plan.windows.map((window) => sqlOfWindow(window, columnName, input.positions))
    const positions = placed ? input.positions : []
    return {
      sql: select([...columnNames(plan.input), ...this.added(plan, windows), ...positions], input),
      positions,
      inOrder: false,
    }
  }

  private added(plan: PlanOf<'window'>, windows: readonly string[]): string[] {
    const { length } = plan.input.schema.fields
    return windows.map((window, index) => `${window} AS ${columnName(length + index)}`)
  }
}

function textOf({ expression }: NamedExpression): string {
  return sqlOfExpression(expression, columnName)
}

/** True if the position of a node is one integer. */
function hasNumber(plan: ResolvedPlan): boolean {
  switch (plan.kind) {
    case 'scan':
    case 'sort':
      return true
    case 'aggregate':
      return plan.keys.length === 0 || hasNumber(plan.input)
    case 'filter':
    case 'project':
    case 'limit':
    case 'distinct':
    case 'window':
      return hasNumber(plan.input)
    case 'join':
      return (plan.how === 'semi' || plan.how === 'anti') && hasNumber(plan.left)
    case 'union':
    case 'map':
    case 'component':
      return false
    default:
      return unreachable(plan)
  }
}

/** Numbers rows as they pass, without sorting them. */
function isStreamed({ function: name, partitionBy, orderBy: keys }: PlanOf<'window'>['windows'][number]): boolean {
  return name === 'rowNumber' && partitionBy.length === 0 && keys.length === 0
}

/** True if rows that tie are equal, or if none can. */
function breaksTies({ input, keys, schema }: PlanOf<'sort'>): boolean {
  const compared = new Set(keys.map(({ expression }) => (expression.kind === 'column' ? expression.index : -1)))
  if (schema.fields.every((_, index) => compared.has(index))) return true
  return uniqueColumns(input).some((unique) => unique.every((index) => compared.has(index)))
}

/** Sets of columns in which no two rows are the same. */
function uniqueColumns(plan: ResolvedPlan): readonly (readonly number[])[] {
  switch (plan.kind) {
    case 'aggregate':
      return [plan.keys.map((_, index) => index)]
    case 'distinct':
      return [plan.on]
    case 'filter':
    case 'sort':
    case 'limit':
    case 'window':
      return uniqueColumns(plan.input)
    case 'project': {
      const places = new Map(
        plan.expressions.map(({ expression }, index) => [expression.kind === 'column' ? expression.index : -1, index]),
      )
      return uniqueColumns(plan.input).flatMap((unique) => {
        const found = unique.map((index) => places.get(index))
        return found.every((index) => index !== undefined) ? [found] : []
      })
    }
    case 'scan':
    case 'join':
    case 'union':
    case 'map':
    case 'component':
      return []
    default:
      return unreachable(plan)
  }
}
