/** Queries for the eight tables of TPC-H, small: lineitem has some 8,000 rows. For `TPCH_QUERIES`. */

import { textPool } from '../../data-fixtures/text-pool.js'
import { customerQuery, lineitemQuery, ordersQuery, partQuery } from '../../data-fixtures/warehouse-queries.js'

const ORDERS = 2000
const CUSTOMERS = 200
const PARTS = 200
/** Of the line items' keys. */
const SUPPLIERS = PARTS / 20
/** Of the suppliers: those that queries ask for, more than once. */
const SUPPLIER_NATIONS = [3, 7, 6, 2, 8, 18, 7, 3, 6, 24]

const REGIONS = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST']
/** With their regions. */
const NATIONS: readonly (readonly [name: string, region: number])[] = [
  ...([
    ['ALGERIA', 0],
    ['ARGENTINA', 1],
    ['BRAZIL', 1],
    ['CANADA', 1],
    ['EGYPT', 4],
    ['ETHIOPIA', 0],
  ] as const),
  ...([
    ['FRANCE', 3],
    ['GERMANY', 3],
    ['INDIA', 2],
    ['INDONESIA', 2],
    ['IRAN', 4],
    ['IRAQ', 4],
  ] as const),
  ...([
    ['JAPAN', 2],
    ['JORDAN', 4],
    ['KENYA', 0],
    ['MOROCCO', 0],
    ['MOZAMBIQUE', 0],
    ['PERU', 1],
  ] as const),
  ...([
    ['CHINA', 2],
    ['ROMANIA', 3],
    ['SAUDI ARABIA', 4],
    ['VIETNAM', 2],
    ['RUSSIA', 3],
  ] as const),
  ...([
    ['UNITED KINGDOM', 3],
    ['UNITED STATES', 1],
  ] as const),
]

/** Each runs in a DuckDB that has `WAREHOUSE_MACROS`. */
export function tpchTables(): Readonly<Record<string, string>> {
  const text = textPool()
  return {
    lineitem: lineitemQuery(ORDERS, PARTS, text),
    orders: ordersQuery(ORDERS, CUSTOMERS, PARTS, text),
    customer: customerQuery(CUSTOMERS, text),
    part: `select * replace (replace(p_name, 'blush', 'green') as p_name) from (${partQuery(PARTS, text)})`,
    partsupp: `select p::bigint as ps_partkey, s::bigint as ps_suppkey, (1 + draw(p * 100 + s, 601, 9999))::integer as ps_availqty,
        money(100 + draw(p * 100 + s, 602, 99900)) as ps_supplycost, 'part ' || p || ' of ' || s as ps_comment
      from range(1, ${PARTS + 1}) parts(p), range(1, ${SUPPLIERS + 1}) suppliers(s) where draw(p * 100 + s, 603, 4) > 0`,
    supplier: `select s::bigint as s_suppkey, format('Supplier#{:09d}', s) as s_name, 'street ' || draw(s, 701, 99) as s_address,
        ([${SUPPLIER_NATIONS}])[s]::integer as s_nationkey, (10 + s % 25) || '-555-' || draw(s, 702, 9999) as s_phone,
        money(draw(s, 703, 1099999) - 99999) as s_acctbal,
        case when s % 9 = 0 then 'a Customer has Complaints' else 'final packages' end as s_comment
      from range(1, ${SUPPLIERS + 1}) t(s)`,
    nation: `select * from (values ${NATIONS.map(([name, region], key) => `(${key}, '${name}', ${region}, 'nation ${key}')`)})
      v(n_nationkey, n_name, n_regionkey, n_comment)`,
    region: `select * from (values ${REGIONS.map((name, key) => `(${key}, '${name}', 'region ${key}')`)})
      v(r_regionkey, r_name, r_comment)`,
  }
}
