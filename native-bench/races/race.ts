/** What is raced: one piece of work, in the words of each engine, on the same files. */

import type { Answer } from '../answers.js'
import type { Field } from './field.js'

/** In the order of reports. `records` is plain JavaScript over an array of objects. */
export const ENGINE_NAMES = ['volley', 'duckdb', 'polars', 'arquero', 'records', 'parquet-wasm', 'hyparquet'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

/** These keep each value, or row, as an object of JavaScript: they would take minutes and all of V8's heap at size large. */
export const HEAP_ENGINES: readonly EngineName[] = ['arquero', 'records', 'hyparquet']

/** Rows of the largest input. */
export const SIZES = { small: 10_000, medium: 1_000_000, large: 6_000_000 } as const
export type SizeName = keyof typeof SIZES

export interface Race {
  readonly name: string
  /** One line for the report. */
  readonly title: string
  readonly sizes: readonly SizeName[]
  /** How each engine does it. Text: why it takes no part; an engine that is not named is not of this suite. */
  readonly engines: Readonly<Partial<Record<EngineName, Entrant | string>>>
}

/** Loads what must be loaded before timing. Called once per size and process. */
export type Entrant = (field: Field) => Promise<Contestant>

export interface Contestant<Result = unknown> {
  /** What is timed. */
  readonly run: () => Promise<Result>
  /** What a run returned, as rows; not timed. */
  readonly answer: (result: Result) => Promise<Answer>
  /** Gives back what was loaded. */
  readonly close?: () => Promise<void>
}

/** Races that are reported together. */
export interface RaceSuite {
  readonly name: string
  /** One line. */
  readonly title: string
  /** What is timed, and what is not: sentences for the report. */
  readonly conditions: readonly string[]
  readonly races: readonly Race[]
  /** Names of the races that `--quick` runs, at size small. */
  readonly quick: readonly string[]
}

/** Hides the type of a contestant's result, which only its own `answer` sees. */
export function contestant<Result>(
  run: () => Promise<Result>,
  answer: (result: Result) => Promise<Answer>,
  close?: () => Promise<void>,
): Contestant {
  return { run, answer: (result) => answer(result as Result), ...(close === undefined ? {} : { close }) }
}
