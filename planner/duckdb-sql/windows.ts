/** Window functions as DuckDB's SQL. */

import type { TypedWindow, WindowFrame } from '../expression.js'
import { type WindowName, windowNamed } from '../functions.js'
import { aggregateSqlName, isOrderedAggregate } from './aggregates.js'
import { type ColumnName, sqlOfExpression, sqlOfKey, sqlOfSortKeys } from './expressions.js'
import { noEqual } from './no-sql.js'

const NAMES: Record<WindowName, string> = {
  rowNumber: 'row_number',
  rank: 'rank',
  denseRank: 'dense_rank',
  percentRank: 'percent_rank',
  cumeDist: 'cume_dist',
  ntile: 'ntile',
  lag: 'lag',
  lead: 'lead',
  firstValue: 'first_value',
  lastValue: 'last_value',
  nthValue: 'nth_value',
}

/** By place in the partition; no frame plays a part. */
const OF_PLACE: ReadonlySet<string> = new Set<WindowName>(['rowNumber', 'ntile', 'lag', 'lead'])
/** By peers, which have one rank. */
const OF_PEERS: ReadonlySet<string> = new Set<WindowName>(['rank', 'denseRank', 'percentRank', 'cumeDist'])
const OF_FRAME: ReadonlySet<string> = new Set<WindowName>(['firstValue', 'lastValue', 'nthValue'])

/** True if the result depends on how rows that tie in `orderBy` are ordered. */
export function needsOrder(window: TypedWindow): boolean {
  if (OF_PEERS.has(window.function)) return false
  return OF_PLACE.has(window.function) || picksRow(window) || window.frame?.unit === 'rows'
}

function picksRow({ function: name }: TypedWindow): boolean {
  return OF_FRAME.has(name) || isOrderedAggregate(name)
}

/**
 * A window function over the rows of a query. `order` are the terms of the order in which the rows came, which breaks
 * ties; it may be empty where that does not matter. @throws NoSql.
 */
export function sqlOfWindow(window: TypedWindow, columnName: ColumnName, order: readonly string[] = []): string {
  const { function: name, frame } = window
  expectExact(window)
  const text = (expression: TypedWindow['arguments'][number]) => sqlOfExpression(expression, columnName)
  const keys = sqlOfSortKeys(window.orderBy, columnName)
  const byPlace = OF_PLACE.has(name) || (frame?.unit === 'rows' && !OF_PEERS.has(name))
  const argumentOrder = picksRow(window) && !byPlace ? [...keys, ...order] : []
  const inside = name === 'countStar' ? '*' : window.arguments.map(text).join(', ')
  const ordered = argumentOrder.length === 0 ? inside : `${inside} ORDER BY ${argumentOrder.join(', ')}`
  const over = [
    list(
      'PARTITION BY',
      window.partitionBy.map((key) => sqlOfKey(key, columnName)),
    ),
    list('ORDER BY', byPlace ? [...keys, ...order] : keys),
    frame === null || OF_PLACE.has(name) || OF_PEERS.has(name) ? '' : frameText(frame),
  ]
  return `${nameOf(window)}(${ordered}) OVER (${over.filter((part) => part !== '').join(' ')})`
}

/** Digits that doubles hold, in which DuckDB interpolates between decimals of a frame. */
const DOUBLE_DIGITS = 15

function expectExact({ function: name, arguments: [argument] }: TypedWindow): void {
  if (name !== 'median' || argument === undefined) return
  const { type } = argument
  const isWide = type.kind === 'decimal' && type.precision > DOUBLE_DIGITS
  // Between infinities it finds NaN; integers have none.
  const mayBeInfinite = type.kind === 'float' && !(argument.kind === 'cast' && argument.argument.type.kind === 'int')
  if (isWide || mayBeInfinite) throw noEqual('median over a window', type)
}

function nameOf({ function: name, arguments: parameters }: TypedWindow): string {
  return windowNamed(name) === null ? aggregateSqlName(name, parameters[0]?.type ?? null) : NAMES[name as WindowName]
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${title} ${items.join(', ')}`
}

function frameText({ unit, start, end }: WindowFrame): string {
  const bound = (offset: number | null, unbounded: string) => {
    if (offset === null) return `UNBOUNDED ${unbounded}`
    if (offset === 0) return 'CURRENT ROW'
    return offset < 0 ? `${-offset} PRECEDING` : `${offset} FOLLOWING`
  }
  return `${unit.toUpperCase()} BETWEEN ${bound(start, 'PRECEDING')} AND ${bound(end, 'FOLLOWING')}`
}
