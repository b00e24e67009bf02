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

const ROW: readonly Way[] = [{ name: 'row', format: 'parquet', run: { strategy: 'row' } }]
const BIGDATA: readonly Way[] = [{ name: 'bigdata', format: 'parquet', run: { strategy: 'bigdata' } }]
/** Of plans that hold nothing: what differs is who computes. */
const STREAMING = [ROW, BIGDATA]
/** Of plans with breakers. */
const HOLDING = [ROW, BIGDATA, switches('parquet'), switches('arrow')]

/** Otherwise one plan in so many runs in another way. */
const SAMPLED = 8

/** Otherwise one plan in so many runs with fewer threads than most: with more, states are merged besides. */
const SAMPLED_THREADS = 4

/** All ways where VOLLEY_TEST_STRATEGIES is `all`, otherwise one or none, which the text of the plan decides. */
export function waysOf(text: string, hasBreakers: boolean): readonly Way[] {
  const families = hasBreakers ? HOLDING : STREAMING
  if (runsAll()) return families.flat()
  const digest = digestOf(text)
  if (digest[2] % SAMPLED !== 0) return []
  const family = families[digest[0] % families.length]
  return [family[digest[1] % family.length]]
}

/** The engines, in order of their threads, in which a plan runs in bulk: the last, or all where `waysOf` gives all ways. */
export function enginesOf<T>(text: string, engines: readonly T[]): readonly T[] {
  return runsAll() || digestOf(text)[3] % SAMPLED_THREADS === 0 ? engines : engines.slice(-1)
}

/** How many random plans a property takes: all of `runs` where VOLLEY_TEST_STRATEGIES is `all`, otherwise a third. */
export function runsOf(runs: number): number {
  return runsAll() ? runs : Math.ceil(runs / 3)
}

function runsAll(): boolean {
  return process.env.VOLLEY_TEST_STRATEGIES === 'all'
}

function digestOf(text: string): Buffer {
  return createHash('sha1').update(text).digest()
}

function switches(format: Way['format']): Way[] {
  return BOUNDARIES.map((boundary) => ({
    name: `bulk over ${format}, bigdata from morsel ${boundary} on`,
    format,
    run: { strategy: 'bulk', switchAtMorsel: boundary },
  }))
}
