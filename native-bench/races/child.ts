/** The process of one engine: takes a request as its only argument, runs the race, and sends one message. */

import { rm } from 'node:fs/promises'
import { openBenchTables } from '../../data-fixtures/bench-tables.js'
import { answerHarness } from '../child-process.js'
import { outputDirectory } from '../outputs.js'
import { RACE_SUITES } from '../suites/races.js'
import { ownPeakBytes } from '../trials/process-memory.js'
import { type Field, lazyEngines } from './field.js'
import type { AloneFigures, AloneRequest } from './process.js'
import { SIZES } from './race.js'

/** Runs whose processor time is taken: the first one compiles. */
const RUNS = 3

async function perform({ suite, race, size, engine, ...request }: AloneRequest): Promise<AloneFigures> {
  const entrant = RACE_SUITES.find(({ name }) => name === suite)?.races.find(({ name }) => name === race)?.engines[
    engine
  ]
  if (entrant === undefined || typeof entrant === 'string') throw new Error(`no ${engine} in ${suite} ${race}`)
  const { threads, memoryLimitBytes, dataDirectory } = request
  const engines = lazyEngines(threads, memoryLimitBytes)
  const outputs = await outputDirectory(dataDirectory)
  try {
    const field: Field = { ...engines, size, threads, tables: openBenchTables(dataDirectory, SIZES[size]), outputs }
    const contestant = await entrant(field)
    await contestant.run()
    const before = process.cpuUsage()
    for (let i = 0; i < RUNS; i++) await contestant.run()
    const { user, system } = process.cpuUsage(before)
    const cpuMilliseconds = (user + system) / 1000 / RUNS
    await contestant.close?.()
    return { peakBytes: ownPeakBytes(), cpuMilliseconds }
  } finally {
    await engines.close()
    await rm(outputs, { recursive: true, force: true })
  }
}

await answerHarness(perform)
