/** Global sales opportunity (TPC-H section 2.4.22). */

import type { TpchQuery } from '../query.js'

const CODES = ['13', '31', '23', '29', '30', '18', '17']
const LIST = CODES.map((code) => `'${code}'`).join(', ')

export const q22: TpchQuery = {
  name: 'q22',
  title: 'customers above an average who have no orders',
  sql: (table) => `
    select cntrycode, count(*) as numcust, sum(c_acctbal) as totacctbal
    from (
      select substring(c_phone from 1 for 2) as cntrycode, c_acctbal
      from ${table('customer')}
      where substring(c_phone from 1 for 2) in (${LIST})
        and c_acctbal > (
          select avg(c_acctbal) from ${table('customer')}
          where c_acctbal > 0.00 and substring(c_phone from 1 for 2) in (${LIST}))
        and not exists (select * from ${table('orders')} where o_custkey = c_custkey)) as custsale
    group by cntrycode
    order by cntrycode`,
  volley: (table) => {
    const customers = table('customer')
      .select('c_custkey', 'c_acctbal', 'substring(c_phone, 1, 2) as cntrycode')
      .filter(`cntrycode in (${LIST})`)
    const mean = customers.filter('c_acctbal > 0.00').groupBy().agg({ mean: 'avg(c_acctbal)' })
    return customers
      .join(mean, { how: 'cross' })
      .filter('c_acctbal > mean')
      .join(table('orders'), { leftOn: 'c_custkey', rightOn: 'o_custkey', how: 'anti' })
      .groupBy('cntrycode')
      .agg({ numcust: 'count(*)', totacctbal: 'sum(c_acctbal)' })
      .sort('cntrycode')
  },
  polars: (table, { pl, decimal }) => {
    const balance = pl.col('c_acctbal').cast(pl.Float64)
    const mean = balance.filter(pl.col('c_acctbal').gt(decimal('0'))).mean()
    return table('customer')
      .select(pl.col('c_custkey'), pl.col('c_acctbal'), pl.col('c_phone').str.slice(0, 2).alias('cntrycode'))
      .filter(pl.col('cntrycode').isIn(CODES))
      .filter(balance.gt(mean))
      .join(table('orders'), { leftOn: 'c_custkey', rightOn: 'o_custkey', how: 'anti' })
      .groupBy('cntrycode')
      .agg(pl.len().alias('numcust'), pl.col('c_acctbal').sum().alias('totacctbal'))
      .sort('cntrycode')
  },
}
