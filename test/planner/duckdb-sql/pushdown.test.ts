/** Plans run in bulk, and as one statement by DuckDB over the same files: the rows are the same. */

import fc from 'fast-check'
import { type Engine, open } from '../../../index.js'
import { randomPipeline } from '../../engine/differential/random-pipeline.js'
import { STANDARD_TABLES } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { Oracle } from '../../support/oracle.js'
import { PushdownJudge } from '../../support/pushdown-judge.js'
import { orderedQueries } from './ordered-queries.js'

let oracle: Oracle
let engine: Engine
let judge: PushdownJudge
const paths: Record<string, string> = {}

beforeAll(async () => {
  oracle = await Oracle.open()
  engine = await open({ threads: 1 })
  for (const [name, sql] of Object.entries({ ...STANDARD_TABLES, t: everyType(5_000), ...TIES })) {
    paths[name] = await oracle.parquet(name, sql)
  }
  judge = PushdownJudge.open(paths)
})

afterAll(async () => {
  await judge.close()
  await engine.close()
  oracle.close()
})

/** Small tables with many equal values. */
const TIES = {
  x: `select i % 4 as a, case when i % 3 <> 0 then i % 5 end as b, i as k, 'x' || (i * 7 % 11) as s from range(60) v(i)`,
  y: `select case when i % 4 <> 0 then i % 3 end as a, i % 5 as b, 100 - i as k, 'y' || (i % 3) as s from range(40) v(i)`,
  z: `select i % 2 as a, i % 3 as b, i as k, null::varchar as s from range(6) v(i)`,
}

/** How what a query gives in bulk differs from what DuckDB gives for the statement. */
async function difference(
  query: string,
  ordered: boolean,
  approximate: readonly string[] = [],
): Promise<string | null> {
  const tables = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, engine.scanParquet(path)]))
  return oracle.difference(engine.sql(query, tables), await judge.statement(query), { ordered, approximate })
}

describe('random pipelines', () => {
  it('give the rows that they give in bulk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(1_000_000)), async (numbers) => {
        const { query } = randomPipeline((limit) => (numbers.next().value as number) % limit)
        expect({ query, found: await difference(query, false) }).toEqual({ query, found: null })
      }),
      { seed: 20250101, numRuns: 25, endOnFailure: true },
    )
  })
})

describe('random queries whose result depends on the order of rows', () => {
  it('give the rows that they give in bulk, in the same order where one is promised', async () => {
    await fc.assert(
      fc.asyncProperty(orderedQueries, async ({ sql, ordered }) => {
        expect({ sql, found: await difference(sql, ordered) }).toEqual({ sql, found: null })
      }),
      { seed: 20250102, numRuns: 50, endOnFailure: true },
    )
  })
})

const COLUMNS =
  'flag i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 d9 d15 d38 text color bytes day moment clock zoned ratio price'.split(' ')
const NUMBERS = 'i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 d9 d15 d38 ratio price'.split(' ')
const FINITE = 'i8 i16 i32 i64 u8 u16 u32 u64 d9 d15 ratio price'.split(' ')
const BETWEEN = [...FINITE, 'day', 'moment', 'clock', 'zoned', 'd38']

/** SQL names of aggregates, and the columns that they take. */
const AGGREGATES: readonly (readonly [call: string, columns: readonly string[]])[] = [
  ...['count', 'count distinct', 'min', 'max', 'first', 'last', 'any_value'].map((name) => [name, COLUMNS] as const),
  ...['median', 'quantile_disc 0.3'].map((name) => [name, COLUMNS.filter((column) => column !== 'flag')] as const),
  ['quantile_cont 0.7', BETWEEN],
  ['sum', NUMBERS.filter((column) => column !== 'd38')],
  ['avg', [...NUMBERS.filter((column) => column !== 'd38'), 'moment', 'day', 'zoned', 'clock']],
  ['sum distinct', FINITE],
  ...['stddev', 'stddev_pop', 'variance', 'var_pop'].map((name) => [name, FINITE] as const),
  ...['bool_and', 'bool_or'].map((name) => [name, ['flag']] as const),
]

function callOf(aggregate: string, column: string): string {
  const [name, modifier] = aggregate.split(' ')
  if (modifier === undefined) return `${name}(${column})`
  return modifier === 'distinct' ? `${name}(distinct ${column})` : `${name}(${column}, ${modifier})`
}

/** Refused. */
function isInexact(aggregate: string, column: string): boolean {
  return aggregate === 'median' && ['d38', 'f32', 'f64', 'ratio'].includes(column)
}

describe.each(AGGREGATES)('%s', (aggregate, columns) => {
  const calls = columns.map((column) => callOf(aggregate, column))
  const names = columns.flatMap((_, i) => [`c${i}`, `f${i}`])

  it('gives what it gives in bulk', async () => {
    const list = calls.flatMap((call, i) => [`${call} as c${i}`, `${call} filter (where small > 40) as f${i}`])
    for (const rest of ['from t group by small', 'from t', 'from none']) {
      const keys = rest.endsWith('small') ? 'small, ' : ''
      const query = `select ${keys}${list.join(', ')} ${rest}`
      expect({ query, found: await difference(query, false, names) }).toEqual({ query, found: null })
    }
  })

  it('gives what it gives in bulk over windows', async () => {
    if (aggregate.includes(' ')) return
    const calls = columns.filter((column) => !isInexact(aggregate, column)).map((column) => callOf(aggregate, column))
    const frames = ['', 'rows between 3 preceding and current row']
    for (const frame of frames) {
      const list = calls.map((call, i) => `${call} over (partition by color order by small ${frame}) as c${i}`)
      const query = `select id, ${list.join(', ')} from t where id < 600`
      expect({ query, found: await difference(query, true, names) }).toEqual({ query, found: null })
    }
  })
})

describe('a sort', () => {
  it.each(COLUMNS)('by %s orders as in bulk', async (column) => {
    for (const direction of ['', ' desc nulls first']) {
      const query = `select id, ${column} from t order by ${column}${direction}`
      expect({ query, found: await difference(query, true) }).toEqual({ query, found: null })
    }
  })
})

describe('a join', () => {
  it.each(COLUMNS)('by %s matches as in bulk', async (column) => {
    const right = `(select ${column} as other, id as place from t where id % 50 = 0)`
    for (const how of ['full', 'anti']) {
      const list = how === 'anti' ? 'id' : 'id, place, other'
      const query = `select ${list} from (select * from t where id < 1000) l ${how} join ${right} r on l.${column} = r.other`
      expect({ query, found: await difference(query, false) }).toEqual({ query, found: null })
    }
  })
})
