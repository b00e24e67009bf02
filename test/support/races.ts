/** Runs races at size small, so that a suite's work is known to be the same for all engines. */

import { type BenchTables, openBenchTables } from '../../data-fixtures/bench-tables.js'
import { type Answer, firstDifference } from '../../native-bench/answers.js'
import { type Field, lazyEngines } from '../../native-bench/races/field.js'
import { type EngineName, type Entrant, type Race, SIZES } from '../../native-bench/races/race.js'
import { afterAll, expect } from './jest.js'
import { temporaryDirectory } from './parquet-files.js'

/** More than a process has come to use that has run other tests before. */
const ENGINE_BYTES = 8e9

/**
 * To be called outside of tests: its engines are closed, and its directories removed, after those of the file.
 * `tables` are those of size small, in the directory that it is given.
 */
export function smallField(
  tables: (directory: string) => BenchTables = (directory) => openBenchTables(directory, SIZES.small),
): Field {
  const { close, ...engines } = lazyEngines(2, ENGINE_BYTES)
  const field = {
    size: 'small',
    threads: 2,
    tables: tables(temporaryDirectory()),
    outputs: temporaryDirectory(),
  } as const
  afterAll(close)
  return { ...field, ...engines }
}

/**
 * Every engine that takes part gives DuckDB's answer, or that of the first engine where DuckDB takes no part; also in
 * its second run. Returns that answer, which has a row at least.
 */
export async function expectRaceAgrees(race: Race, field: Field): Promise<Answer> {
  const answers = new Map<EngineName, Answer>()
  for (const [engine, entrant] of Object.entries(race.engines) as [EngineName, Entrant | string][]) {
    if (typeof entrant === 'string') continue
    const { run, answer, close } = await entrant(field)
    await run()
    answers.set(engine, await answer(await run()))
    await close?.()
  }
  const reference = answers.get('duckdb') ?? [...answers.values()][0]
  expect(reference.length).toBeGreaterThan(0)
  const differences = [...answers].map(([engine, answer]) => [engine, firstDifference(reference, answer)])
  expect(differences).toEqual(differences.map(([engine]) => [engine, null]))
  return reference
}
