/**
 * Generates the tables of db-benchmark (h2oai/db-benchmark, `_data/groupby-datagen.R` and `_data/join-datagen.R`): the same
 * columns and distributions, without missing values and in no order, but not R's random numbers. Values are hashes of
 * row numbers.
 */

import { copiedFiles, PARQUET } from './copies.js'
import { DRAW_MACRO } from './draw.js'

/** `x` is the left side; `small`, `medium` and `big` have a millionth, a thousandth and all of its rows, at least 10. */
export interface JoinFiles {
  readonly x: string
  readonly small: string
  readonly medium: string
  readonly big: string
}

/** Number of large groups. Small groups have about as many rows. */
const LARGE_GROUPS = 100
/** Of the smallest table to join with: a tenth of its keys must not match. */
const LEAST_KEYS = 10

/** `amount`: a number of up to six places below 100. */
const MACROS = `
  ${DRAW_MACRO}
  create macro amount(key, salt) as draw(key, salt, 100000000) / 1e6;
`

/**
 * `G1_<rows>_1e2_0_0` in `directory`: texts id1 and id2 of 100 values and id3 of `rows / 100`, integers id4, id5 and id6
 * likewise, v1 of 1 to 5, v2 of 1 to 15 and v3, a double below 100.
 */
export async function groupFile(directory: string, rows: number): Promise<string> {
  const smallGroups = Math.max(1, Math.round(rows / LARGE_GROUPS))
  const query = `
    select format('id{:03d}', 1 + draw(i, 1, ${LARGE_GROUPS})) as id1,
      format('id{:03d}', 1 + draw(i, 2, ${LARGE_GROUPS})) as id2,
      format('id{:010d}', 1 + draw(i, 3, ${smallGroups})) as id3,
      (1 + draw(i, 4, ${LARGE_GROUPS}))::integer as id4, (1 + draw(i, 5, ${LARGE_GROUPS}))::integer as id5,
      (1 + draw(i, 6, ${smallGroups}))::integer as id6, (1 + draw(i, 7, 5))::integer as v1,
      (1 + draw(i, 8, 15))::integer as v2, amount(i, 9) as v3
    from range(${rows}) t(i)`
  const [path] = await copiedFiles(directory, `groups-${rows}`, MACROS, [
    { name: 'groups.parquet', query, options: PARQUET },
  ])
  return path
}

/**
 * `J1_<rows>_NA_0_0` in `directory`. Of the keys of either side of a join, nine tenths are on the other side too. id1
 * has as many keys as `small` has rows, id2 as `medium` and id3 as `big`; id4 to id6 are the same as texts.
 */
export async function joinFiles(directory: string, rows: number): Promise<JoinFiles> {
  const counts = [1e6, 1e3, 1].map((share) => Math.max(LEAST_KEYS, Math.round(rows / share)))
  const queries = {
    x: sideQuery(counts, rows, 'left_place', 'v1', 100),
    small: sideQuery(counts.slice(0, 1), counts[0], 'right_place', 'v2', 200),
    medium: sideQuery(counts.slice(0, 2), counts[1], 'right_place', 'v2', 300),
    big: sideQuery(counts, counts[2], 'right_place', 'v2', 400),
  }
  const setup = [MACROS, ...counts.map((count, i) => keysTable(`key${i + 1}`, count))].join('\n')
  const copies = Object.entries(queries).map(([name, query]) => ({
    name: `${name}.parquet`,
    query,
    options: PARQUET,
  }))
  const [x, small, medium, big] = await copiedFiles(directory, `joins-${rows}`, setup, copies)
  return { x, small, medium, big }
}

/**
 * The keys of which each side has `count`, shuffled for each: nine tenths are on both sides, one on the left alone, one
 * on the right alone. Places count from 0, and are null on the side where a key is not.
 */
function keysTable(name: string, count: number): string {
  const shared = Math.floor(count * 0.9)
  const place = (salt: number, condition: string): string =>
    `case when ${condition} then row_number() over (partition by ${condition} order by hash(k, ${salt}), k) - 1 end`
  return `
    create table ${name} as
    with drawn as (
      select k, row_number() over (order by hash(k, 1), k) - 1 as j from range(1, ${2 * count - shared} + 1) t(k)
    )
    select k, ${place(2, `j < ${count}`)} as left_place, ${place(3, `j < ${shared} or j >= ${count}`)} as right_place
    from drawn;`
}

/** Rows with a key of each table, every key at least once; with as many rows as keys, exactly once. */
function sideQuery(counts: readonly number[], rows: number, place: string, value: string, salt: number): string {
  const places = counts.map((count, i) => {
    const spacing = Math.floor(rows / count)
    return `case when i % ${spacing} = 0 and i // ${spacing} < ${count} then i // ${spacing}
      else draw(i, ${salt + i}, ${count}) end as place${i + 1}`
  })
  const numbers = counts.map((_, i) => i + 1)
  const columns = [
    ...numbers.map((n) => `key${n}.k::integer as id${n}`),
    ...numbers.map((n) => `'id' || key${n}.k as id${n + 3}`),
    `amount(i, ${salt + 9}) as ${value}`,
  ]
  const joins = numbers.map((n) => `join key${n} on key${n}.${place} = place${n}`)
  return `
    select ${columns.join(', ')} from (select i, ${places.join(', ')} from range(${rows}) t(i)) ${joins.join(' ')}
    order by i`
}
