/**
 * The SQL behind the large tables. Every part of a table is a query of its own over row numbers, so that a smaller
 * table is a prefix of the larger one. Parts come in pairs (0 and 1, 2 and 3, ...): rows that belong together lie in
 * different parts of a pair, or far apart in one.
 */

import { DRAW_MACRO, TEXT_MACRO } from './draw.js'
import { textPool } from './text-pool.js'

/** One part of a table: `rows` rows, the same in all parts. */
export interface Part {
  readonly index: number
  readonly rows: number
}

export interface LargeTable {
  readonly name: string
  /** Bytes of a row in memory, as Arrow has it but for decimals, which count as 64-bit integers: on average. */
  readonly rowBytes: number
  /** The rows of a part are a multiple of this. */
  readonly rowMultiple: number
  readonly query: (part: Part) => string
}

/**
 * `shuffled(j, n)`: a permutation of [0, n). `scrambled(key)`: keys spread over all 63 bits, so that no range of them
 * says anything.
 */
export const LARGE_TABLE_MACROS = `
  ${DRAW_MACRO}
  ${TEXT_MACRO}
  create macro shuffled(j, n) as (j * 1000000007 + 12345) % n;
  create macro scrambled(key) as (hash(key) >> 1)::bigint;
  create macro cents(key, salt, n) as (draw(key, salt, n)::decimal(15,0) * 0.01::decimal(2,2))::decimal(15,2);
`

const POOL = textPool()
/** Keys from here on are of rows without a partner. */
const ALONE = 2 ** 40

const text = (key: string, salt: number, low: number, high: number): string =>
  `text_of('${POOL}', ${key}, ${salt}, ${low}, ${high})`

/** For a group by: two rows of every key (user and item), one in each part of a pair. */
export const events: LargeTable = {
  name: 'events',
  rowBytes: 32,
  rowMultiple: 64,
  query: ({ index, rows }) => `
    with keyed as (
      select ${index} * ${rows}::bigint + j as i,
        ${index >> 1} * ${rows}::bigint + ${index % 2 === 0 ? 'j' : `shuffled(j, ${rows})`} as k
      from range(${rows}) t(j)
    )
    select 1 + draw(k, 1, 40000000) as user_id, scrambled(k) >> 23 as item_id,
      1 + draw(i, 2, 50) as quantity, cents(i, 3, 10000) as amount
    from keyed`,
}

/** For a join, its smaller side: every invoice once. */
export const invoices: LargeTable = {
  name: 'invoices',
  rowBytes: 8 + 8 + 4 + (4 + 32),
  rowMultiple: 64,
  query: ({ index, rows }) => `
    with keyed as (select ${index} * ${rows}::bigint + shuffled(j, ${rows}) as k from range(${rows}) t(j))
    select scrambled(k) as invoice_id, 1 + draw(k, 11, 1000000) as customer_id,
      date '2020-01-01' + draw(k, 12, 1500)::integer as due_on, ${text('k', 13, 20, 44)} as note
    from keyed`,
}

/**
 * For a join, its larger side: twice as many rows as invoices in as many parts. Every other payment is of an invoice,
 * in the other part of the pair; of 64 payments with one, two are of the same invoice.
 */
export const payments: LargeTable = {
  name: 'payments',
  rowBytes: 8 + 8 + 8 + 4,
  rowMultiple: 128,
  query: ({ index, rows }) => `
    with numbered as (select ${index} * ${rows}::bigint + j as i, j from range(${rows}) t(j)),
    keyed as (
      select i, case when j % 2 = 1 then ${ALONE} + i
        else ${index ^ 1} * ${rows / 2}::bigint + (j // 2 - (j % 128 = 2)::bigint) end as k
      from numbered
    )
    select i as payment_id, scrambled(k) as invoice_id, cents(i, 21, 10000) as amount,
      date '2020-01-01' + draw(i, 22, 1500)::integer as paid_on
    from keyed`,
}

/** For a sort: wide rows with seven texts. `article_id` is unique. */
export const articles: LargeTable = {
  name: 'articles',
  rowBytes: 8 + 4 + 8 + (4 + 12) + (4 + 44) + (4 + 24) + (4 + 40) + (4 + 160) + (4 + 32),
  rowMultiple: 64,
  query: ({ index, rows }) => `
    with keyed as (select ${index} * ${rows}::bigint + shuffled(j, ${rows}) as k from range(${rows}) t(j))
    select k as article_id, date '2015-01-01' + draw(k, 31, 3000)::integer as written_on, cents(k, 32, 10000) as price,
      'section-' || lpad(draw(k, 33, 2000)::varchar, 4, '0') as section, ${text('k', 34, 32, 56)} as title,
      'author-' || lpad(draw(k, 36, 1000000)::varchar, 17, '0') as author,
      'https://news.example/articles/' || lpad(k::varchar, 10, '0') as address, ${text('k', 37, 120, 200)} as summary,
      ${text('k', 39, 24, 40)} as tags
    from keyed`,
}

/** For a distinct: every twentieth row is that of another, in the first part of the pair. */
export const visits: LargeTable = {
  name: 'visits',
  rowBytes: 8 + 4 + (4 + 36),
  rowMultiple: 64,
  query: ({ index, rows }) => `
    with drawn as (
      select ${index} * ${rows}::bigint + j as i, j % 20 = 19 as again, draw(i, 41, ${rows}) as other from range(${rows}) t(j)
    ), keyed as (
      select case when again then ${index & ~1} * ${rows}::bigint + other - (other % 20 = 19)::bigint else i end as k
      from drawn
    )
    select scrambled(k) >> 23 as visitor_id, date '2024-01-01' + draw(k, 42, 366)::integer as day,
      'https://shop.example/item/' || lpad(k::varchar, 10, '0') as page
    from keyed`,
}
