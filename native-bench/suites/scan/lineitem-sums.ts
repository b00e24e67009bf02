/** One row about columns of lineitem, for which every value of them has to be read: in the words of each engine. */

import type { PolarsEngine, PolarsExpression } from '../../engines/polars.js'

/** What is asked of a column: sums of numbers and of the lengths of texts, the latest of dates. */
type Kind = 'integer' | 'money' | 'text' | 'date'

export const LINEITEM: Readonly<Record<string, Kind>> = {
  l_orderkey: 'integer',
  l_partkey: 'integer',
  l_suppkey: 'integer',
  l_linenumber: 'integer',
  l_quantity: 'money',
  l_extendedprice: 'money',
  l_discount: 'money',
  l_tax: 'money',
  l_returnflag: 'text',
  l_linestatus: 'text',
  l_shipdate: 'date',
  l_commitdate: 'date',
  l_receiptdate: 'date',
  l_shipinstruct: 'text',
  l_shipmode: 'text',
  l_comment: 'text',
}
export const ALL_COLUMNS = Object.keys(LINEITEM)
/** One of each kind. */
export const FOUR_COLUMNS = ['l_orderkey', 'l_extendedprice', 'l_shipdate', 'l_shipmode']
export const ONE_COLUMN = ['l_extendedprice']

/** Aggregates by name, as SQL: the number of rows, and one of each column. */
export function sqlSums(columns: readonly string[]): Record<string, string> {
  const sums: Record<Kind, (name: string) => string> = {
    integer: (name) => `sum(${name})`,
    money: (name) => `sum(${name})`,
    text: (name) => `sum(length(${name}))`,
    date: (name) => `max(${name})`,
  }
  return {
    lines: 'count(*)',
    ...Object.fromEntries(columns.map((name) => [`${name}_sum`, sums[LINEITEM[name]](name)])),
  }
}

/** The same for Polars. */
export function polarsSums({ pl }: PolarsEngine, columns: readonly string[]): PolarsExpression[] {
  const sums: Record<Kind, (name: string) => PolarsExpression> = {
    // Sums keep the type of their column: of 32 bits is not enough.
    integer: (name) => pl.col(name).cast(pl.Int64).sum(),
    money: (name) => pl.col(name).sum(),
    text: (name) => pl.col(name).str.lengths().cast(pl.Int64).sum(),
    date: (name) => pl.col(name).max(),
  }
  return [pl.len().alias('lines'), ...columns.map((name) => sums[LINEITEM[name]](name).alias(`${name}_sum`))]
}

/** The same for Arquero's `rollup`. */
export function arqueroSums(columns: readonly string[]): Record<string, string> {
  const sums: Record<Kind, (name: string) => string> = {
    integer: (name) => `d => op.sum(d.${name})`,
    money: (name) => `d => op.sum(d.${name})`,
    text: (name) => `d => op.sum(op.length(d.${name}))`,
    date: (name) => `d => op.max(d.${name})`,
  }
  return {
    lines: '() => op.count()',
    ...Object.fromEntries(columns.map((name) => [`${name}_sum`, sums[LINEITEM[name]](name)])),
  }
}
