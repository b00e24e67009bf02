/** Suppliers who kept orders waiting (TPC-H section 2.4.21). */

import type { TpchQuery } from '../query.js'

/** Of an order: the least and the largest key of its suppliers, and of those that were late. */
const SUPPLIERS = {
  least: 'min(l_suppkey)',
  largest: 'max(l_suppkey)',
  late_least: 'min(l_suppkey) filter (where l_receiptdate > l_commitdate)',
  late_largest: 'max(l_suppkey) filter (where l_receiptdate > l_commitdate)',
  late_lines: 'count(*) filter (where l_receiptdate > l_commitdate)',
}

/**
 * The frames ask of an order what SQL asks of its lines: `exists` another supplier, if it has more than one; `not exists`
 * another late one, if just one was late. They look at orders with a late line of a supplier who is asked for, as a
 * correlated subquery does.
 */
export const q21: TpchQuery = {
  name: 'q21',
  title: 'lines of orders with several suppliers of which one was late, by exists and not exists',
  sql: (table) => `
    select s_name, count(*) as numwait
    from ${table('supplier')}, ${table('lineitem')} l1, ${table('orders')}, ${table('nation')}
    where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and o_orderstatus = 'F'
      and l1.l_receiptdate > l1.l_commitdate
      and exists (
        select * from ${table('lineitem')} l2 where l2.l_orderkey = l1.l_orderkey and l2.l_suppkey <> l1.l_suppkey)
      and not exists (
        select * from ${table('lineitem')} l3
        where l3.l_orderkey = l1.l_orderkey and l3.l_suppkey <> l1.l_suppkey and l3.l_receiptdate > l3.l_commitdate)
      and s_nationkey = n_nationkey and n_name = 'SAUDI ARABIA'
    group by s_name
    order by numwait desc, s_name
    limit 100`,
  volley: (table) => {
    const suppliers = table('supplier').join(table('nation').filter(`n_name = 'SAUDI ARABIA'`), {
      leftOn: 's_nationkey',
      rightOn: 'n_nationkey',
    })
    const late = table('lineitem')
      .filter('l_receiptdate > l_commitdate')
      .join(suppliers, { leftOn: 'l_suppkey', rightOn: 's_suppkey', how: 'semi' })
      .join(table('orders').filter(`o_orderstatus = 'F'`), { leftOn: 'l_orderkey', rightOn: 'o_orderkey' })
    return table('lineitem')
      .join(late, { on: 'l_orderkey', how: 'semi' })
      .groupBy('l_orderkey')
      .agg(SUPPLIERS)
      .filter('least <> largest and late_least = late_largest')
      .join(suppliers, { leftOn: 'late_least', rightOn: 's_suppkey' })
      .groupBy('s_name')
      .agg({ numwait: 'sum(late_lines)' })
      .sort({ by: 'numwait', descending: true }, 's_name')
      .limit(100)
  },
  polars: (table, { pl }) => {
    const isLate = pl.col('l_receiptdate').gt(pl.col('l_commitdate'))
    const supplier = pl.col('l_suppkey')
    const suppliers = table('nation')
      .filter(pl.col('n_name').eq(pl.lit('SAUDI ARABIA')))
      .join(table('supplier'), { leftOn: 'n_nationkey', rightOn: 's_nationkey' })
    const late = table('lineitem')
      .filter(isLate)
      .join(suppliers, { leftOn: 'l_suppkey', rightOn: 's_suppkey', how: 'semi' })
      .join(table('orders').filter(pl.col('o_orderstatus').eq(pl.lit('F'))), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
      })
    return table('lineitem')
      .join(late, { on: 'l_orderkey', how: 'semi' })
      .groupBy('l_orderkey')
      .agg(
        supplier.min().alias('least'),
        supplier.max().alias('largest'),
        supplier.filter(isLate).min().alias('late_least'),
        supplier.filter(isLate).max().alias('late_largest'),
        isLate.sum().alias('late_lines'),
      )
      .filter(
        pl
          .col('least')
          .neq(pl.col('largest'))
          .and(pl.col('late_least').eq(pl.col('late_largest'))),
      )
      .join(suppliers, { leftOn: 'late_least', rightOn: 's_suppkey' })
      .groupBy('s_name')
      .agg(pl.col('late_lines').sum().alias('numwait'))
      .sort(['numwait', 's_name'], [true, false])
      .head(100)
  },
}
