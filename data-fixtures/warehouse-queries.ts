/** The SQL behind the warehouse tables: one query each, over row numbers, with the rules of TPC-H section 4.2.3. */

/**
 * `draw(key, salt, n)`: a number in [0, n) that depends on key and salt alone. A line is known by its order's key and
 * its line number, so that orders can total their lines without reading them.
 */
export const WAREHOUSE_MACROS = `
  create macro draw(key, salt, n) as (hash(key, salt) % n::ubigint)::bigint;
  create macro choose(key, salt, options) as options[1 + draw(key, salt, len(options))];
  create macro line_key(order_key, line) as order_key * 8 + line;
  create macro order_lines(order_key) as 1 + draw(order_key, 101, 7);
  create macro order_date(order_key) as date '1992-01-01' + draw(order_key, 102, 2406)::integer;
  create macro line_part(line_key, parts) as 1 + draw(line_key, 201, parts);
  create macro line_quantity(line_key) as 1 + draw(line_key, 202, 50);
  create macro part_cents(part_key) as 90000 + (part_key // 10) % 20001 + 100 * (part_key % 1000);
  create macro money(cents) as (cents::decimal(15,0) * 0.01::decimal(2,2))::decimal(15,2);
`

/** Order keys leave gaps: 8 of every 32 are used. */
const SPARSE_KEY = '(i // 8) * 32 + i % 8 + 1'

const comment = (key: string, salt: number, low: number, high: number, text: string): string =>
  `substring('${text}', 1 + draw(${key}, ${salt}, ${text.length - high}), ${low} + draw(${key}, ${salt + 1}, ${high - low + 1}))`

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
        ordered + 1 + draw(k, 206, 121)::integer as shipped
      from line
    ), received as (select *, shipped + 1 + draw(k, 208, 30)::integer as receipt from dated)
    select order_key::bigint as l_orderkey, part_key as l_partkey,
      1 + draw(k, 203, greatest(1, ${parts} // 20)) as l_suppkey, line::integer as l_linenumber,
      quantity::decimal(15,2) as l_quantity, money(quantity * part_cents(part_key)) as l_extendedprice,
      money(draw(k, 204, 11)) as l_discount, money(draw(k, 205, 9)) as l_tax,
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
    dated as (select k, order_date(k) as ordered, range(1, 1 + order_lines(k)) as lines from numbered)
    select k::bigint as o_orderkey,
      -- A third of the customers never order: keys that are multiples of three.
      least(${customers}, 1 + draw(k, 301, greatest(1, ${customers} * 2 // 3)) * 3 // 2) as o_custkey,
      case when ordered + 121 < date '1995-06-17' then 'F' when ordered > date '1995-06-17' then 'O' else 'P' end
        as o_orderstatus,
      money(list_sum(list_transform(lines,
        lambda l: line_quantity(line_key(k, l)) * part_cents(line_part(line_key(k, l), ${parts}))))) as o_totalprice,
      ordered as o_orderdate,
      choose(k, 303, ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW']) as o_orderpriority,
      format('Clerk#{:09d}', 1 + draw(k, 304, greatest(1, ${orders} // 1500))) as o_clerk,
      0::integer as o_shippriority,
      ${comment('k', 305, 19, 78, text)} as o_comment
    from dated`
}

export function customerQuery(customers: number, text: string): string {
  return `
    select k::bigint as c_custkey, format('Customer#{:09d}', k) as c_name,
      substring(sha256(k::varchar), 1, 10 + draw(k, 401, 31)) as c_address, draw(k, 402, 25)::integer as c_nationkey,
      format('{}-{}-{}-{}', 10 + draw(k, 402, 25), 100 + draw(k, 403, 900), 100 + draw(k, 404, 900),
        1000 + draw(k, 405, 9000)) as c_phone,
      money(draw(k, 406, 1099999) - 99999) as c_acctbal,
      choose(k, 407, ['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD']) as c_mktsegment,
      ${comment('k', 408, 29, 116, text)} as c_comment
    from range(1, ${customers} + 1) t(k)`
}

const COLORS = `['almond', 'azure', 'beige', 'blush', 'chocolate', 'coral', 'cornsilk', 'forest', 'goldenrod', 'ivory',
  'lavender', 'lemon', 'linen', 'maroon', 'midnight', 'navajo', 'olive', 'orchid', 'peru', 'plum', 'rosy', 'saddle',
  'sienna', 'slate', 'steel', 'tan', 'thistle', 'tomato', 'wheat', 'yellow']`

export function partQuery(parts: number, text: string): string {
  return `
    select k::bigint as p_partkey,
      choose(k, 501, ${COLORS}) || ' ' || choose(k, 502, ${COLORS}) || ' ' || choose(k, 503, ${COLORS}) as p_name,
      'Manufacturer#' || (1 + draw(k, 504, 5)) as p_mfgr,
      'Brand#' || (1 + draw(k, 504, 5)) || (1 + draw(k, 505, 5)) as p_brand,
      choose(k, 506, ['STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO']) || ' ' ||
        choose(k, 507, ['ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED']) || ' ' ||
        choose(k, 508, ['TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER']) as p_type,
      (1 + draw(k, 509, 50))::integer as p_size,
      choose(k, 510, ['SM', 'LG', 'MED', 'JUMBO', 'WRAP']) || ' ' ||
        choose(k, 511, ['CASE', 'BOX', 'BAG', 'JAR', 'PKG', 'PACK', 'CAN', 'DRUM']) as p_container,
      money(part_cents(k)) as p_retailprice,
      ${comment('k', 512, 5, 22, text)} as p_comment
    from range(1, ${parts} + 1) t(k)`
}
