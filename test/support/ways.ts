/** The ways in which a plan can be run beside bulk, all of which must have its result. */

import { createHash } from 'node:crypto'
import type { RunOptions } from '../../planner/run-options.js'

export interface Way {
  readonly name: string
  /** Of the tables: DuckDB reads Parquet by itself, what comes from Arrow goes through the workers and is staged. */
  readonly format: 'parquet' | 'arrow'
  readonly run: RunOptions
}

/** Those of a table of 10,000 rows in row groups of 2,048, its begin and its end among them. */
const BOUNDARIES = [0, 1, 2, 3, 4, 5]

const FAMILIES: readonly (readonly Way[])[] = [
  [{ name: 'row', format: 'parquet', run: { strategy: 'row' } }],
  [{ name: 'bigdata', format: 'parquet', run: { strategy: 'bigdata' } }],
  switches('parquet'),
  switches('arrow'),
]

export const ALL_WAYS: readonly Way[] = FAMILIES.flat()

/** All ways where VOLLEY_TEST_STRATEGIES is `all`, otherwise one, which the text of the plan decides. */
export function waysOf(text: string): readonly Way[] {
  if (process.env.VOLLEY_TEST_STRATEGIES === 'all') return ALL_WAYS
  const digest = createHash('sha1').update(text).digest()
  const family = FAMILIES[digest[0] % FAMILIES.length]
  return [family[digest[1] % family.length]]
}

function switches(format: Way['format']): Way[] {
  return BOUNDARIES.map((boundary) => ({
    name: `bulk over ${format}, bigdata from morsel ${boundary} on`,
    format,
    run: { strategy: 'bulk', switchAtMorsel: boundary },
  }))
}
