/**
 * The SQL behind the warehouse's sales: lineitem, orders and customer, a query each over row numbers, with the rules of
 * TPC-H section 4.2.3. What is sold, and by whom, is in warehouse-goods.ts.
 */

import { DRAW_MACRO, TEXT_MACRO } from './draw.js'

/**
 * A line is known by its order's key and its line number, so that orders can total their lines without reading them.
 *
 * `part_supplier(part_key, i, suppliers)`: the four suppliers of a part, `i` from 0 to 3. The specification's formula,
 * its step kept below a third of the suppliers, without which a few suppliers would come twice. At least four suppliers.
 */
export const WAREHOUSE_MACROS = `
  ${DRAW_MACRO}
  ${TEXT_MACRO}
  create macro choose(key, salt, options) as options[1 + draw(key, salt, len(options))];
  create macro line_key(order_key, line) as order_key * 8 + line;
  create macro order_lines(order_key) as 1 + draw(order_key, 101, 7);
  create macro order_date(order_key) as date '1992-01-01' + draw(order_key, 102, 2406)::integer;
  create macro line_part(line_key, parts) as 1 + draw(line_key, 201, parts);
  create macro line_quantity(line_key) as 1 + draw(line_key, 202, 50);
  create macro line_discount(line_key) as draw(line_key, 204, 11);
  create macro line_tax(line_key) as draw(line_key, 205, 9);
  create macro line_days(line_key) as 1 + draw(line_key, 206, 121)::integer;
  create macro turn(part_key, suppliers) as
    suppliers // 4 + ((part_key - 1) // suppliers) % ((suppliers - 1) // 3 - suppliers // 4 + 1);
  create macro part_supplier(part_key, i, suppliers) as
    1 + (part_key + i * turn(part_key, suppliers)) % suppliers;
  create macro part_cents(part_key) as 90000 + (part_key // 10) % 20001 + 100 * (part_key % 1000);
  create macro phone(nation, key, salt) as format('{}-{}-{}-{}', 10 + nation, 100 + draw(key, salt, 900),
    100 + draw(key, salt + 1, 900), 1000 + draw(key, salt + 2, 9000));
  create macro money(cents) as (cents::decimal(15,0) * 0.01::decimal(2,2))::decimal(15,2);
`

/** Order keys leave gaps: 8 of every 32 are used. */
const SPARSE_KEY = '(i // 8) * 32 + i % 8 + 1'

/** A text of `low` to `high` letters out of the pool. */
export const comment = (key: string, salt: number, low: number, high: number, text: string): string =>
  `text_of('${text}', ${key}, ${salt}, ${low}, ${high})`

/** Of so many parts. */
export const suppliersOf = (parts: number): number => Math.max(4, Math.floor(parts / 20))

export function lineitemQuery(orders: number, parts: number, text: string): string {
  return `
    with line as (
      select order_key, line, line_key(order_key, line) as k, order_date(order_key) as ordered
      from (
        select ${SPARSE_KEY} as order_key, unnest(range(1, 1 + order_lines(${SPARSE_KEY}))) as line
        from range(${orders}) t(i)
      )
    ), dated as (
      select *, line_part(k, ${parts}) as part_key, line_quantity(k) as quantity,
        ordered + line_days(k) as shipped
      from line
    ), received as (select *, shipped + 1 + draw(k, 208, 30)::integer as receipt from dated)
    select order_key::bigint as l_orderkey, part_key as l_partkey,
      part_supplier(part_key, draw(k, 203, 4), ${suppliersOf(parts)}) as l_suppkey, line::integer as l_linenumber,
      quantity::decimal(15,2) as l_quantity, money(quantity * part_cents(part_key)) as l_extendedprice,
      money(line_discount(k)) as l_discount, money(line_tax(k)) as l_tax,
      case when receipt > date '1995-06-17' then 'N' when draw(k, 209, 2) = 0 then 'R' else 'A' end as l_returnflag,
      case when shipped > date '1995-06-17' then 'O' else 'F' end as l_linestatus,
      shipped as l_shipdate, ordered + 30 + draw(k, 207, 61)::integer as l_commitdate, receipt as l_receiptdate,
      choose(k, 210, ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN']) as l_shipinstruct,
      choose(k, 211, ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB']) as l_shipmode,
      ${comment('k', 212, 10, 43, text)} as l_comment
    from received`
}

export function ordersQuery(orders: number, customers: number, parts: number, text: string): string {
  return `
    with numbered as (select ${SPARSE_KEY} as k from range(${orders}) t(i)),
    dated as (
      select k, order_date(k) as ordered,
        list_transform(range(1, 1 + order_lines(k)), lambda line: line_key(k, line)) as lines
      from numbered
    ), shipped as (
      select *, ${comment('k', 305, 19, 78, text)} as said, ordered + list_min(list_transform(lines, lambda l: line_days(l))) as first_day,
        ordered + list_max(list_transform(lines, lambda l: line_days(l))) as last_day
      from dated
    )
    select k::bigint as o_orderkey,
      -- A third of the customers never order: keys that are multiples of three.
      least(${customers}, 1 + draw(k, 301, greatest(1, ${customers} * 2 // 3)) * 3 // 2) as o_custkey,
      case when last_day <= date '1995-06-17' then 'F' when first_day > date '1995-06-17' then 'O' else 'P' end
        as o_orderstatus,
      money(list_sum(list_transform(lines, lambda l: line_quantity(l) * part_cents(line_part(l, ${parts}))
        * (100 - line_discount(l)) * (100 + line_tax(l)) // 10000))) as o_totalprice,
      ordered as o_orderdate,
      choose(k, 303, ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW']) as o_orderpriority,
      format('Clerk#{:09d}', 1 + draw(k, 304, greatest(1, ${orders} // 1500))) as o_clerk,
      0::integer as o_shippriority,
      case when draw(k, 307, 100) = 0
        then substring(said, 1, 30) || ' special ' || substring(said, 31, 20) || ' requests' else said end as o_comment
    from shipped`
}

export function customerQuery(customers: number, text: string): string {
  return `
    select k::bigint as c_custkey, format('Customer#{:09d}', k) as c_name,
      substring(sha256(k::varchar), 1, 10 + draw(k, 401, 31)) as c_address, draw(k, 402, 25)::integer as c_nationkey,
      phone(draw(k, 402, 25), k, 403) as c_phone,
      money(draw(k, 406, 1099999) - 99999) as c_acctbal,
      choose(k, 407, ['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD']) as c_mktsegment,
      ${comment('k', 408, 29, 116, text)} as c_comment
    from range(1, ${customers} + 1) t(k)`
}
