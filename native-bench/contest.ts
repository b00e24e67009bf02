/** What is raced: a suite is one piece of work, with a contestant for each engine. */

import type { Answer } from './answers.js'

export const ENGINE_NAMES = ['volley', 'duckdb', 'polars'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

/** One engine's way of doing a suite's work. `answer` turns what a run returned into rows; it is not timed. */
export interface Contestant<Result = unknown> {
  readonly engine: EngineName
  readonly run: () => Promise<Result>
  readonly answer: (result: Result) => Promise<Answer>
}

/** An engine that cannot take part, with the reason that the report gives. */
export interface Absence {
  readonly engine: EngineName
  readonly unsupported: string
}

export interface Suite {
  readonly name: string
  /** One line for the report. */
  readonly title: string
  /** Loads what must be loaded before timing. Called once. */
  readonly prepare: (field: Field) => Promise<readonly (Contestant | Absence)[]>
}

/** What contestants work on and with. */
export interface Field {
  readonly files: { readonly lineitem: string; readonly orders: string; readonly customer: string }
  /** A directory for outputs, emptied after the suite. */
  readonly outputs: string
  readonly volley: import('./engines/volley.js').VolleyEngine
  readonly duckdb: import('./engines/duckdb.js').DuckDbEngine
  readonly polars: import('./engines/polars.js').PolarsEngine
}

/** Hides the type of a contestant's result, which only its own `answer` sees. */
export function contestant<Result>(
  engine: EngineName,
  run: () => Promise<Result>,
  answer: (result: Result) => Promise<Answer>,
): Contestant {
  return { engine, run, answer: (result) => answer(result as Result) }
}
