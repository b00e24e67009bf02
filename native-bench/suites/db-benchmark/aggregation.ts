/** Questions that are a group by and nothing else: the same words for all engines but plain JavaScript. */

import type { BenchTables } from '../../../data-fixtures/bench-tables.js'
import type { PolarsEngine, PolarsExpression } from '../../engines/polars.js'
import type { LoadedFile, Tables, Work } from './work.js'

/** What there is of a row depends on the columns that a question reads. */
export interface GroupRow {
  readonly id1: string
  readonly id2: string
  readonly id3: string
  readonly id4: number
  readonly id5: number
  readonly id6: number
  readonly v1: number
  readonly v2: number
  readonly v3: number
}
type Column = keyof GroupRow

/** In the words of each engine. */
interface Aggregate {
  readonly sql: string
  readonly polars: (column: PolarsExpression) => PolarsExpression
  readonly arquero: string
}

const AGGREGATES = {
  sum: { sql: 'sum', polars: (column) => column.sum(), arquero: 'sum' },
  mean: { sql: 'avg', polars: (column) => column.mean(), arquero: 'mean' },
  count: { sql: 'count', polars: (column) => column.count(), arquero: 'valid' },
  median: { sql: 'median', polars: (column) => column.median(), arquero: 'median' },
  deviation: { sql: 'stddev', polars: (column) => column.std(), arquero: 'stdev' },
} satisfies Record<string, Aggregate>

type Aggregates = Readonly<Record<string, readonly [aggregate: keyof typeof AGGREGATES, column: Column]>>

/** The table `x`, of which these columns are loaded. */
export const groupTable =
  (...columns: Column[]) =>
  async (tables: BenchTables): Promise<Tables<LoadedFile>> => ({ x: { path: await tables.groups(), columns } })

/** `aggregates`: by the name that they get in the result. */
export function aggregation({
  keys,
  aggregates,
  ...work
}: { readonly keys: readonly Column[]; readonly aggregates: Aggregates } & Pick<
  Work<GroupRow>,
  'name' | 'title' | 'isHuge' | 'comparison' | 'records'
>): Work<GroupRow> {
  const entries = Object.entries(aggregates).map(([name, [aggregate, column]]) => {
    const words: Aggregate = AGGREGATES[aggregate]
    return { name, column, words }
  })
  const calls = Object.fromEntries(entries.map(({ name, column, words }) => [name, `${words.sql}(${column})`]))
  const list = Object.entries(calls).map(([name, call]) => `${call} as ${name}`)
  return {
    ...work,
    files: groupTable(...new Set([...keys, ...entries.map(({ column }) => column)])),
    columns: [...keys, ...Object.keys(aggregates)],
    sql: ({ x }) => `select ${[...keys, ...list].join(', ')} from ${x} group by ${keys.join(', ')}`,
    volley: ({ x }) => x.groupBy(...keys).agg(calls),
    polars: ({ x }, { pl }: PolarsEngine) =>
      x.groupBy([...keys]).agg(...entries.map(({ name, column, words }) => words.polars(pl.col(column)).alias(name))),
    arquero: ({ x }) =>
      x
        .groupby(...keys)
        .rollup(
          Object.fromEntries(entries.map(({ name, column, words }) => [name, `op.${words.arquero}(d.${column})`])),
        ),
  }
}
