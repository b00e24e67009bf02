/** Means to the last bit, where rounding once and rounding twice differ, and medians between two moments. */

import { extendedQuotient } from '../../../engine/operators/quotient.js'
import { differential } from '../../support/differential.js'
import { describe, expect, it } from '../../support/jest.js'

const random = (seed: number, limit: number) => `(hash(i, ${seed}) % ${limit})::bigint - ${limit / 2}`

const volley = differential({
  // Unscaled, these are divided by 10,000 and more in groups of three rows.
  amounts: `select i // 3 as g,
      ((${random(1, 9e8)}) / 10000)::decimal(9,4) as d9, ((${random(2, 9e14)}) / 1000000)::decimal(18,6) as d18,
      ((${random(3, 9e15)}) / 100000000)::decimal(38,8) as d38, ((${random(4, 9998)}) / 10000)::decimal(4,4) as d4
    from range(30000) t(i)`,
  moments: `select i // 2 as g, make_timestamp((hash(i) % 7)::bigint - 3) as moment from range(200) t(i)`,
  wide: `select (if(i = 0, 2448, 0))::smallint as i16, (if(i = 0, 1, 0))::tinyint as i8, (if(i = 0, 2448, 0)) as i32,
      (if(i = 0, 2448, 0))::usmallint as u16, (if(i = 0, 2448, 0))::bigint as i64, (if(i = 0, 2448, 0))::ubigint as u64
    from range(25714) t(i)`,
})

const MEANS = ['d9', 'd18', 'd38', 'd4'].map((column) => `avg(${column}) as ${column}`).join(', ')
const WIDE_MEANS = ['i8', 'i16', 'i32', 'u16', 'i64', 'u64'].map((column) => `avg(${column}) as ${column}`).join(', ')

describe('means', () => {
  it('differ by how often they are rounded', () => {
    expect(extendedQuotient(2448n, 25714n)).not.toBe(2448 / 25714)
  })

  it('of groups are those of DuckDB', async () => {
    await volley().expectQuery(`select g, ${MEANS} from amounts group by g`)
    await volley().expectQuery(`select ${MEANS} from amounts`)
  })

  it('of many rows are those of DuckDB', async () => {
    await volley().expectQuery(`select ${WIDE_MEANS} from wide`)
  })

  it('over windows are those of DuckDB', async () => {
    const windows = MEANS.replaceAll(') as', ') over (partition by g) as')
    await volley().expectQuery(`select g, ${windows} from amounts where g < 3000`)
    await volley().expectQuery(`select distinct ${WIDE_MEANS.replaceAll(') as', ') over () as')} from wide`)
  })
})

describe('medians of moments', () => {
  it('go half away from zero', async () => {
    await volley().expectQuery(
      'select g, median(moment) as m, quantile_cont(moment, 0.25) as q from moments group by g',
    )
  })
})
