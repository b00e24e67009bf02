/** Minimum cost supplier (TPC-H section 2.4.2). */

import type { TpchQuery } from '../query.js'

const COLUMNS = ['s_acctbal', 's_name', 'n_name', 'p_partkey', 'p_mfgr', 's_address', 's_phone', 's_comment']

export const q02: TpchQuery = {
  name: 'q02',
  title: 'the cheapest of the joined rows of each part, by a correlated minimum',
  sql: (table) => {
    const european = `${table('partsupp')}, ${table('supplier')}, ${table('nation')}, ${table('region')}`
    return `
    select ${COLUMNS.join(', ')}
    from ${table('part')}, ${european}
    where p_partkey = ps_partkey and s_suppkey = ps_suppkey and p_size = 15 and p_type like '%BRASS'
      and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE'
      and ps_supplycost = (
        select min(ps_supplycost) from ${european}
        where p_partkey = ps_partkey and s_suppkey = ps_suppkey and s_nationkey = n_nationkey
          and n_regionkey = r_regionkey and r_name = 'EUROPE')
    order by s_acctbal desc, n_name, s_name, p_partkey
    limit 100`
  },
  volley: (table) =>
    table('partsupp')
      .join(table('part').filter(`p_size = 15 and p_type like '%BRASS'`), {
        leftOn: 'ps_partkey',
        rightOn: 'p_partkey',
      })
      .join(table('supplier'), { leftOn: 'ps_suppkey', rightOn: 's_suppkey' })
      .join(table('nation'), { leftOn: 's_nationkey', rightOn: 'n_nationkey' })
      .join(table('region').filter(`r_name = 'EUROPE'`), { leftOn: 'n_regionkey', rightOn: 'r_regionkey' })
      .withColumns({ lowest: 'min(ps_supplycost) over (partition by p_partkey)' })
      .filter('ps_supplycost = lowest')
      .select(...COLUMNS)
      .sort({ by: 's_acctbal', descending: true }, 'n_name', 's_name', 'p_partkey')
      .limit(100),
  polars: (table, { pl }) => {
    const offers = table('part')
      .filter(pl.col('p_size').eq(15).and(pl.col('p_type').str.endsWith('BRASS')))
      .join(table('partsupp'), { leftOn: 'p_partkey', rightOn: 'ps_partkey' })
      .join(table('supplier'), { leftOn: 'ps_suppkey', rightOn: 's_suppkey' })
      .join(table('nation'), { leftOn: 's_nationkey', rightOn: 'n_nationkey' })
      .join(table('region').filter(pl.col('r_name').eq(pl.lit('EUROPE'))), {
        leftOn: 'n_regionkey',
        rightOn: 'r_regionkey',
      })
    return offers
      .filter(pl.col('ps_supplycost').eq(pl.col('ps_supplycost').min().over('p_partkey')))
      .select(...COLUMNS.map((name) => pl.col(name)))
      .sort(['s_acctbal', 'n_name', 's_name', 'p_partkey'], [true, false, false, false])
      .head(100)
  },
}
