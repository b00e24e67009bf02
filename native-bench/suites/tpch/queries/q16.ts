/** Parts/supplier relationship (TPC-H section 2.4.16). */

import type { TpchQuery } from '../query.js'

const KEYS = ['p_brand', 'p_type', 'p_size']
const SIZES = [49, 14, 23, 45, 19, 3, 36, 9]

export const q16: TpchQuery = {
  name: 'q16',
  title: 'an anti join, many groups, distinct counts',
  sql: (table) => `
    select p_brand, p_type, p_size, count(distinct ps_suppkey) as supplier_cnt
    from ${table('partsupp')}, ${table('part')}
    where p_partkey = ps_partkey and p_brand <> 'Brand#45' and p_type not like 'MEDIUM POLISHED%'
      and p_size in (${SIZES.join(', ')})
      and ps_suppkey not in (
        select s_suppkey from ${table('supplier')} where s_comment like '%Customer%Complaints%')
    group by p_brand, p_type, p_size
    order by supplier_cnt desc, p_brand, p_type, p_size`,
  volley: (table) =>
    table('partsupp')
      .join(table('supplier').filter(`s_comment like '%Customer%Complaints%'`), {
        leftOn: 'ps_suppkey',
        rightOn: 's_suppkey',
        how: 'anti',
      })
      .join(
        table('part').filter(`p_brand <> 'Brand#45' and p_type not like 'MEDIUM POLISHED%'
          and p_size in (${SIZES.join(', ')})`),
        { leftOn: 'ps_partkey', rightOn: 'p_partkey' },
      )
      .groupBy(...KEYS)
      .agg({ supplier_cnt: 'count(distinct ps_suppkey)' })
      .sort({ by: 'supplier_cnt', descending: true }, ...KEYS),
  polars: (table, { pl }) =>
    table('part')
      .filter(
        pl
          .col('p_brand')
          .neq(pl.lit('Brand#45'))
          .and(pl.col('p_type').str.startsWith('MEDIUM POLISHED').not())
          .and(pl.col('p_size').isIn(SIZES)),
      )
      .join(table('partsupp'), { leftOn: 'p_partkey', rightOn: 'ps_partkey' })
      .join(table('supplier').filter(pl.col('s_comment').str.contains('Customer.*Complaints')), {
        leftOn: 'ps_suppkey',
        rightOn: 's_suppkey',
        how: 'anti',
      })
      .groupBy(KEYS)
      .agg(pl.col('ps_suppkey').nUnique().alias('supplier_cnt'))
      .sort(['supplier_cnt', ...KEYS], [true, false, false, false]),
}
