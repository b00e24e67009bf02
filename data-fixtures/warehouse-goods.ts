/**
 * The SQL behind the warehouse's goods: part, partsupp, supplier, nation and region, after TPC-H section 4.2.3.
 *
 * Salts of four digits were searched for: with them, the rarest of what TPC-H's queries ask for is there even at
 * 10,000 line items, which have 16 suppliers and 333 parts.
 */

import { comment, suppliersOf } from './warehouse-queries.js'

/** All 92 of the specification. */
const COLORS =
  `almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse
  chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest frosted
  gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen magenta
  maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach peru pink plum
  powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan
  thistle tomato turquoise violet wheat white yellow`.split(/\s+/)

const NATIONS_BY_REGION: readonly (readonly [region: string, nations: Readonly<Record<string, number>>])[] = [
  ['AFRICA', { ALGERIA: 0, ETHIOPIA: 5, KENYA: 14, MOROCCO: 15, MOZAMBIQUE: 16 }],
  ['AMERICA', { ARGENTINA: 1, BRAZIL: 2, CANADA: 3, PERU: 17, 'UNITED STATES': 24 }],
  ['ASIA', { INDIA: 8, INDONESIA: 9, JAPAN: 12, CHINA: 18, VIETNAM: 21 }],
  ['EUROPE', { FRANCE: 6, GERMANY: 7, ROMANIA: 19, RUSSIA: 22, 'UNITED KINGDOM': 23 }],
  ['MIDDLE EAST', { EGYPT: 4, IRAN: 10, IRAQ: 11, JORDAN: 13, 'SAUDI ARABIA': 20 }],
]

const list = (words: readonly string[]): string => `[${words.map((word) => `'${word}'`).join(', ')}]`

export function partQuery(parts: number, text: string): string {
  const steps = [0, 1, 2, 3].map((i) => `1 + draw(k, ${521 + i}, 18)`)
  const places = ['draw(k, 501, 92)', ...steps].map((_, i, all) => all.slice(0, i + 1).join(' + '))
  return `
    select k::bigint as p_partkey,
      -- Five different colours: each lies up to 18 places after the one before, all of them within 92.
      ${places.map((place) => `colors[1 + (${place}) % 92]`).join(" || ' ' || ")} as p_name,
      'Manufacturer#' || (1 + draw(k, 504, 5)) as p_mfgr,
      'Brand#' || (1 + draw(k, 504, 5)) || (1 + draw(k, 5146, 5)) as p_brand,
      choose(k, 506, ['STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO']) || ' ' ||
        choose(k, 507, ['ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED']) || ' ' ||
        choose(k, 508, ['TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER']) as p_type,
      (1 + draw(k, 6146, 50))::integer as p_size,
      choose(k, 7146, ['SM', 'LG', 'MED', 'JUMBO', 'WRAP']) || ' ' ||
        choose(k, 511, ['CASE', 'BOX', 'BAG', 'JAR', 'PKG', 'PACK', 'CAN', 'DRUM']) as p_container,
      money(part_cents(k)) as p_retailprice,
      ${comment('k', 512, 5, 22, text)} as p_comment
    from range(1, ${parts} + 1) t(k), (select ${list(COLORS)} as colors)`
}

/** Four suppliers of every part: the pairs that lineitem has, and those that it could have. */
export function partsuppQuery(parts: number, text: string): string {
  const suppliers = suppliersOf(parts)
  return `
    with pair as (select part, i, part * 4 + i as k from range(1, ${parts} + 1) p(part), range(4) s(i))
    select part::bigint as ps_partkey, part_supplier(part, i, ${suppliers})::bigint as ps_suppkey,
      (1 + draw(k, 601, 9999))::integer as ps_availqty, money(100 + draw(k, 602, 99901)) as ps_supplycost,
      ${comment('k', 603, 49, 198, text)} as ps_comment
    from pair order by part, i`
}

/** Of 2,000 suppliers, one has complaints and another recommendations. */
export function supplierQuery(suppliers: number, text: string): string {
  return `
    with supplier as (select k, ${comment('k', 706, 25, 100, text)} as said from range(1, ${suppliers} + 1) t(k))
    select k::bigint as s_suppkey, format('Supplier#{:09d}', k) as s_name,
      substring(sha256((-k)::varchar), 1, 10 + draw(k, 701, 31)) as s_address,
      draw(k, 7021, 25)::integer as s_nationkey, phone(draw(k, 7021, 25), k, 703) as s_phone,
      money(draw(k, 708, 1099999) - 99999) as s_acctbal,
      case k % 2000
        when 7 then 'Customer ' || substring(said, 1, 60) || ' Complaints'
        when 1007 then 'Customer ' || substring(said, 1, 60) || ' Recommends'
        else said end as s_comment
    from supplier`
}

export function nationQuery(text: string): string {
  const nations = NATIONS_BY_REGION.flatMap(([, keys], region) =>
    Object.entries(keys).map(([name, key]) => `(${key}, '${name}', ${region})`),
  )
  return `
    select k::integer as n_nationkey, name as n_name, region::integer as n_regionkey,
      ${comment('k', 801, 31, 114, text)} as n_comment
    from (values ${nations.join(', ')}) t(k, name, region) order by k`
}

export function regionQuery(text: string): string {
  const regions = NATIONS_BY_REGION.map(([name], key) => `(${key}, '${name}')`)
  return `
    select k::integer as r_regionkey, name as r_name, ${comment('k', 811, 31, 115, text)} as r_comment
    from (values ${regions.join(', ')}) t(k, name) order by k`
}
