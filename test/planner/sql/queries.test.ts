import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { PlanJudge } from '../../support/plan-judge.js'

const TABLES = {
  t: `select * from (values (1, 2, 'x', 1.50), (2, 3, 'y', 2.25), (null, 4, 'z', null), (2, 5, null, -0.75),
      (7, null, 'x', 10.00)) v(a, b, c, p)`,
  u: "select * from (values (1, 20, 'x'), (5, 30, 'q'), (2, null, null), (2, 7, 'y'), (null, 1, 'n')) v(a, d, c)",
  w: "select * from (values (date '2024-01-31', 1), (date '2024-02-29', 2), (null, 3)) v(day, a)",
  nothing: 'select 1 as a where false',
}

/** Each must give what DuckDB gives, before and after optimization. Those with a sort at the end, in its order. */
const QUERIES = [
  'select * from t',
  "select A, T.b, a + 1, -a, a * b + 1, a is null, cast(a as varchar), c || 'z', coalesce(a, 1) from t",
  "select case when a = 1 then b else 0 end, case a when 1 then 2 end, c like 'x%', a in (1, 2), a not in (1) from t",
  'select a between 1 and 2, not (a between 1 and 2), a is distinct from b, a is not distinct from 2 from t',
  "select c not like 'x', c ilike 'X', c not ilike 'X', c like 'x$%' escape '$', c not like 'x$%' escape '$' from t",
  'select a % 2, a // 2, a / 2, true, null, -1, - -a, 1e10, 1.5, nullif(a, 1), if(a = 1, 2, 3), a::double from t',
  'select p * 2, p + 0.005, p > 1.5, round(p, 1), 12345678901, 0.1 from t',
  "select day, day + interval 1 month, extract(year from day), date_part('month', day), year(day) from w",
  "select * from w where day >= date '2024-02-01' and day < date '2024-01-01' + interval '1' year",
  'select t.*, a as again from t',
  'select * exclude (b) from t',
  'select * replace (a + 1 as a) from t',
  'select * rename (a as q) from t',
  'select a as q from t where q > 1',
  'select a + 1 as z, z * 2 as zz from t',
  'select 1',
  'select 1 as a, null as b',
  "values (1, 'x'), (2, null)",
  'select * from (values (1, 2), (3, 4)) v(a, b) where b > 2',
  'select a from t order by a',
  'select a, b from t order by a desc nulls last, b desc',
  'select a, b from t order by 1 desc nulls first, 2',
  'select b from t order by a, b',
  'select -a as b from t order by b',
  'select -a as q, b from t order by b + 0, q + 0',
  'select a x, b y from t order by all',
  'select b from t order by b limit 2 offset 1',
  'select b from t order by b desc limit 2',
  'select b from t order by b offset 3',
  'select count(*), count(a), sum(a), avg(b), min(c), max(c), count(distinct a) from t',
  'select sum(a) filter (where b > 2), count(*) filter (where a is null) from t',
  'select sum(a) + 1 as s, sum(a) * 2 from nothing',
  'select a, count(*) from t group by a',
  'select a + 1, sum(b) from t group by a + 1',
  'select a + 1 as k, sum(b) s from t group by k',
  'select a, sum(b) from t group by 1 having sum(b) > 2 order by 2 desc nulls last, 1',
  'select a, c, max(b) from t group by all',
  'select a from t group by a order by sum(b) desc nulls last, a',
  'select max(a) as m, m + 1 from t',
  'select sum(b) / count(*) as mean from t where a > 0',
  'select count(*) from t having count(*) > 100',
  'select a, count(*) as n from t group by a having n > 1',
  'select distinct a from t',
  'select distinct a % 2 as r, c from t order by r, c',
  'select distinct on (a) a, b from t order by a, b desc',
  'select distinct on (a) b from t order by a, b desc',
  'select t.a, u.a, t.c, d from t join u on t.a = u.a',
  'select * from t join u on t.a = u.a and t.b < u.d',
  'select * from t, u where t.a = u.a and d > 5',
  'select x.a, y.a from t x, t y where x.a = y.b',
  'select * from t x join t y on x.a = y.a join u z on z.a = x.a and z.a = y.a',
  'select * from t left join u on t.a = u.a',
  'select * from t left join u on t.a = u.a and t.b > 3 and u.d > 10',
  'select * from t left join u on t.a = u.a where u.d > 10',
  'select * from t left join u on t.a = u.a where u.d is null',
  'select * from t left join u on t.a = u.a where coalesce(u.d, 0) < 10',
  'select * from t right join u on t.a = u.a and t.b > 3 and u.d > 10',
  'select * from t right join u on t.a = u.a where t.b > 1 or t.b < 1',
  'select * from t full join u on t.a = u.a and t.b > 3 and u.d > 10',
  'select * from t full join u on t.a = u.a where t.b = 2',
  'select * from t full join u on t.a = u.a where u.d = 30',
  'select * from t full join u on t.a = u.a where t.b = 2 and u.d = 20',
  'select * from t semi join u on t.a = u.a and u.d > 10',
  'select * from t anti join u on t.a = u.a and t.b < 4',
  'select * from t cross join u where t.b > u.d',
  'select * from t join u using (a)',
  'select a, t.a, u.a, u.c from t left join u using (a)',
  'select a, t.a, u.a from t right join u using (a)',
  'select a, t.a, u.a from t full join u using (a) where a > 1',
  'select * from t natural join u',
  'select count(*) from t join u using (a, c)',
  'select * from (select a, a, b as a from t)',
  'select s.k, s.n from (select a as k, count(*) as n from t group by a) s where s.k > 1 and s.n > 1',
  'select * from (select a, b from t) s(x, y) where x = 2',
  'with v as (select a, b from t where b > 2) select * from v x join v y on x.a = y.b',
  'with v(x) as (select a from t), z as (select x + 1 as x from v) select v.x, z.x from v, z where v.x = z.x',
  'with t as (select a from t where a = 2) select * from t',
  'select a from t union all select a from u',
  'select a from t union select a from u order by a',
  'select a as x, c from t union select d, c from u order by x, 2 limit 3',
  'select a from t except select a from u',
  'select a, c from t intersect select a, c from u',
  '(select a from t union select a from u) union all select 1',
  'select * from t where a in (select a from u)',
  'select * from t where a not in (select a from u)',
  'select * from t where a not in (select a from u where a is not null)',
  'select * from t where a not in (select a from nothing)',
  'select * from t where a + 1 in (select d from u where d > 5) and b > 0',
  'select * from t where exists (select 1 from u where d > 25)',
  'select * from t where not exists (select 1 from u where d > 100)',
  'select * from t where b > (select min(d) from u)',
  'select a, (select max(d) from u) as m, b + (select count(*) from u) as n from t',
  'select a, sum(b) from t group by a having sum(b) > (select min(d) from u)',
  'select sum(b + (select max(d) from u)) as s from t',
  'select a, (select d from u order by d limit 1) as d from t',
  'select a, row_number() over (order by b) as n, sum(b) over (partition by a order by b) as s from t',
  'select a, lag(b, 1, 0) over (order by b), rank() over (order by a desc nulls last) from t',
  'select sum(b) over (order by b rows between 1 preceding and 1 following) as s, count(*) over () from t',
  'select a, b from t qualify row_number() over (partition by a order by b desc) = 1',
  'select a, sum(b) as s, sum(sum(b)) over () as total from t group by a',
  "select a from t where (b > 2 and c = 'x') or (b > 2 and c = 'y')",
  'select a from t where not (a = 2 or b > 3)',
  'select a from t where 1 = 1 and a > 1 + 0',
  'select a from t where 1 = 2',
  'select count(*) from t where false',
  'select * from (select a, b from t order by b limit 3) where a = 2',
  'select * from (select a, sum(b) over (partition by a) s from t) where a = 2',
  'select x from (select a + b as x, c from t) where x > 3 and c is not null',
  'select * from (select a, count(*) n from t group by a union all select d, 1 from u) where a > 1',
  'select count(*) from (select distinct a from t)',
  'select count(*) from (select a from t union all select a from u)',
  'select distinct a, n from (select a, count(*) n from t group by a)',
  'select median(b), quantile_cont(b, 0.25), percentile_cont(0.5) within group (order by b) as p from t',
]

let judge: PlanJudge
beforeAll(async () => {
  judge = await PlanJudge.open(TABLES)
})
afterAll(() => judge.close())

describe('queries', () => {
  it.each(QUERIES)('%s', async (query) => {
    const ordered = /order by [^()]*$/.test(query) && !query.includes('qualify')
    const expected = await judge.run(query, ordered)
    const resolved = await judge.planner.resolve(query)
    const renamed = deduplicated(expected.columns)
    expect(await judge.runPlan(resolved, ordered)).toEqual({ ...expected, columns: renamed })
    const optimized = await judge.planner.optimize(query)
    expect(await judge.runPlan(optimized, ordered)).toEqual({ ...expected, columns: renamed })
  })
})

/** Columns of the same name are numbered, as DuckDB does in subqueries; its quotes and `main.` are left out. */
function deduplicated(names: readonly string[]): readonly string[] {
  const used = new Set<string>()
  return names.map((printed) => {
    const name = printed.replaceAll('"', '').replaceAll('main.', '')
    let free = name
    for (let i = 1; used.has(free); i++) free = `${name}_${i}`
    used.add(free)
    return free
  })
}
