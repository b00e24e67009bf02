/** Lists, structs and maps pass through operators as they are, against DuckDB. */

import { differential } from '../../support/differential.js'
import { describe, it } from '../../support/jest.js'

const nested = (rows: number) => `
  select i as id, i % 17 as k,
    case when i % 5 = 0 then null else range(i % 4) end as numbers,
    case when i % 7 = 0 then [null] else ['text ' || i % 30, null, 'ü'] end as texts,
    case when i % 3 = 0 then null else {'a': i, 'b': 'name ' || i % 9, 'c': [i % 2]} end as record,
    map {'x': i, 'y': null} as entries,
    case when i % 4 = 0 then [] else [[i], null, []] end as deep,
    case when i % 6 = 0 then null else {'when': date '2000-01-01' + (i % 999)::integer, 'price': (i / 7)::decimal(9,2)} end as sale
  from range(${rows}) t(i)`

const volley = differential({ n: nested(5_000), few: nested(30), none: nested(0) })
const ordered = { ordered: true }

describe.each(['n', 'few', 'none'])('table %s', (table) => {
  it('is read, filtered, sorted and cut', async () => {
    await volley().expectFrame((tables) => tables[table], `from ${table}`, ordered)
    await volley().expectFrame((tables) => tables[table].filter('k > 8'), `from ${table} where k > 8`, ordered)
    await volley().expectFrame(
      (tables) => tables[table].sort('k', { by: 'id', descending: true }),
      `from ${table} order by k, id desc`,
      ordered,
    )
    await volley().expectFrame(
      (tables) => tables[table].sort({ by: 'id', descending: true }).limit(20, 5),
      `from ${table} order by id desc limit 20 offset 5`,
      ordered,
    )
    await volley().expectFrame((tables) => tables[table].limit(100, 10), `from ${table} limit 100 offset 10`, ordered)
  })

  it('is joined, on either side and without matches', async () => {
    for (const how of ['inner', 'left', 'right', 'full', 'semi', 'anti']) {
      const columns =
        how === 'semi' || how === 'anti' ? 'a.*' : 'a.*, b.texts as texts_b, b.record as record_b, b.deep as d'
      await volley().expectQuery(`select ${columns} from ${table} a ${how} join few b on a.id = b.id * 2`)
      await volley().expectQuery(`select ${columns} from few a ${how} join ${table} b on a.id = b.id * 2`)
    }
  })

  it('is united, and its rows are numbered', async () => {
    await volley().expectFrame(
      (tables) => tables[table].union(tables.few, tables.none),
      `from ${table} union all from few union all from none`,
      ordered,
    )
    await volley().expectQuery(`select *, row_number() over (partition by k order by id desc) as r from ${table}`)
  })

  it('keeps the first rows of keys', async () => {
    await volley().expectFrame(
      (tables) => tables[table].distinct('k'),
      `from ${table} where id in (select min(id) from ${table} group by k)`,
    )
    await volley().expectQuery(
      `select k, count(texts) as c, count(record) filter (where id > 9) as d from ${table} group by k`,
    )
  })

  it('has nulls told apart', async () => {
    await volley().expectQuery(
      `select id, numbers is null as a, record is not null as b, sale is null and k > 5 as c from ${table}`,
      ordered,
    )
  })
})
