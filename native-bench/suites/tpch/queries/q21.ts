/** Suppliers who kept orders waiting (TPC-H section 2.4.21). */

import type { TpchQuery } from '../query.js'

/**
 * The frames ask of each order once what SQL asks of each line: `exists` another supplier, if the order has more than
 * one; `not exists` another one that was late, if just one was.
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
    const late = table('lineitem').filter('l_receiptdate > l_commitdate')
    const several = table('lineitem')
      .groupBy('l_orderkey')
      .agg({ least: 'min(l_suppkey)', largest: 'max(l_suppkey)' })
      .filter('least <> largest')
    const oneLate = late
      .groupBy('l_orderkey')
      .agg({ least: 'min(l_suppkey)', largest: 'max(l_suppkey)' })
      .filter('least = largest')
    return late
      .join(
        table('supplier').join(table('nation').filter(`n_name = 'SAUDI ARABIA'`), {
          leftOn: 's_nationkey',
          rightOn: 'n_nationkey',
        }),
        { leftOn: 'l_suppkey', rightOn: 's_suppkey' },
      )
      .join(table('orders').filter(`o_orderstatus = 'F'`), { leftOn: 'l_orderkey', rightOn: 'o_orderkey' })
      .join(several, { on: 'l_orderkey', how: 'semi' })
      .join(oneLate, { on: 'l_orderkey', how: 'semi' })
      .groupBy('s_name')
      .agg({ numwait: 'count(*)' })
      .sort({ by: 'numwait', descending: true }, 's_name')
      .limit(100)
  },
  polars: (table, { pl }) => {
    const late = table('lineitem').filter(pl.col('l_receiptdate').gt(pl.col('l_commitdate')))
    const [least, largest] = [pl.col('l_suppkey').min(), pl.col('l_suppkey').max()]
    const several = table('lineitem')
      .groupBy('l_orderkey')
      .agg(least.neq(largest).alias('several'))
      .filter(pl.col('several'))
    const oneLate = late.groupBy('l_orderkey').agg(least.eq(largest).alias('one')).filter(pl.col('one'))
    return table('nation')
      .filter(pl.col('n_name').eq(pl.lit('SAUDI ARABIA')))
      .join(table('supplier'), { leftOn: 'n_nationkey', rightOn: 's_nationkey' })
      .join(late, { leftOn: 's_suppkey', rightOn: 'l_suppkey' })
      .join(table('orders').filter(pl.col('o_orderstatus').eq(pl.lit('F'))), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
      })
      .join(several, { on: 'l_orderkey', how: 'semi' })
      .join(oneLate, { on: 'l_orderkey', how: 'semi' })
      .groupBy('s_name')
      .agg(pl.len().alias('numwait'))
      .sort(['numwait', 's_name'], [true, false])
      .head(100)
  },
}
