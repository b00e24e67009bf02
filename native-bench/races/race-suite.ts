/** Runs the races of a suite at each size: timed side by side in this process, and each engine for its memory alone. */

import { rm } from 'node:fs/promises'
import { outputDirectory } from '../outputs.js'
import { type CaseResults, type Done, median, type Outcome, type SuiteResults } from '../results.js'
import type { Setting, Suite } from '../suite.js'
import { type Engines, type Field, lazyEngines } from './field.js'
import { prepared, REFERENCE, type Timed, timed } from './measure.js'
import { aloneFigures } from './process.js'
import {
  ENGINE_NAMES,
  type EngineName,
  type Entrant,
  HEAP_ENGINES,
  type Race,
  type RaceSuite,
  SIZES,
  type SizeName,
} from './race.js'

export function raceSuite(suite: RaceSuite): Suite {
  return {
    name: suite.name,
    title: suite.title,
    // A race with other engines at another size has a name twice.
    cases: [...new Set(suite.races.map(({ name }) => name))],
    measure: (setting) => new RaceRun(suite, setting).measure(),
  }
}

class RaceRun {
  constructor(
    private readonly suite: RaceSuite,
    private readonly setting: Setting,
  ) {}

  async measure(): Promise<SuiteResults> {
    const { setting, suite } = this
    const engines = lazyEngines(setting.threads, setting.memoryLimitBytes)
    const cases: CaseResults[] = []
    try {
      for (const race of suite.races.filter((one) => this.isWanted(one))) {
        for (const size of setting.sizes.filter((one) => race.sizes.includes(one))) {
          cases.push(await setting.measured(suite.name, race.name, size, () => this.race(race, size, engines)))
        }
      }
    } finally {
      await engines.close()
    }
    return { name: suite.name, title: suite.title, conditions: [...suite.conditions, ...this.conditions()], cases }
  }

  private isWanted({ name }: Race): boolean {
    const { quick, wantsCase } = this.setting
    return wantsCase(name) && (!quick || this.suite.quick.includes(name))
  }

  private conditions(): string[] {
    const { warmUp, runs } = this.setting
    const warm = warmUp.runs === 0 ? 'once' : `${warmUp.runs} times and ${warmUp.milliseconds / 1000} s or more`
    return [
      `All engines run in one process and take turns, ${runs} timed ${runs === 1 ? 'run' : 'runs'} each; every engine has run ${warm} before, and files are in the system's cache.`,
      `Every answer was compared with that of ${REFERENCE} before anything was timed.`,
      'Peak memory and processor time are of a process that loads one engine and runs only this.',
    ]
  }

  private async race(race: Race, size: SizeName, engines: Engines): Promise<CaseResults> {
    const { setting, suite } = this
    const outputs = await outputDirectory(setting.dataDirectory)
    try {
      const { threads } = setting
      const field: Field = { ...engines, size, threads, tables: setting.tables(SIZES[size]), outputs }
      const named = ENGINE_NAMES.flatMap((engine): [EngineName, Entrant | string][] => {
        const entry = race.engines[engine]
        const isWanted = engine === REFERENCE || setting.wantsEngine(engine)
        if (entry === undefined || !isWanted) return []
        const isTooLarge = size === 'large' && HEAP_ENGINES.includes(engine)
        return [[engine, isTooLarge ? 'keeps all values as objects of JavaScript: raced up to medium' : entry]]
      })
      const entrants = named.filter((one): one is [EngineName, Entrant] => typeof one[1] !== 'string')
      const starters = await prepared(entrants.map(([engine, entrant]) => [engine, () => entrant(field)] as const))
      const results = await timed(starters, setting.warmUp, setting.runs)
      for (const starter of starters) if ('contestant' in starter) await starter.contestant.close?.()
      const outcomes: Outcome[] = []
      for (const [engine, entry] of named) {
        if (typeof entry === 'string') outcomes.push({ engine, status: 'absent', reason: entry })
        else outcomes.push(await this.outcome(race, size, results.find((one) => one.engine === engine)!))
      }
      return {
        name: race.name,
        title: race.title,
        size,
        rows: SIZES[size],
        axis: null,
        reference: REFERENCE,
        outcomes,
        remarks: [],
      }
    } catch (error) {
      throw new Error(`suite ${suite.name}, ${race.name}, ${size}: ${(error as Error).message}`, { cause: error })
    } finally {
      await rm(outputs, { recursive: true, force: true })
    }
  }

  private async outcome(race: Race, size: SizeName, result: Timed): Promise<Outcome> {
    const { engine } = result
    if ('failure' in result) {
      return { engine, status: result.isMissing ? 'absent' : 'failed', reason: result.failure }
    }
    const done: Done = {
      engine,
      status: 'done',
      milliseconds: result.milliseconds,
      peakBytes: null,
      cpuMilliseconds: null,
      figures: [{ name: 'rows a second', unit: 'rows/s', value: (SIZES[size] / median(result.milliseconds)) * 1000 }],
      memory: null,
    }
    const { quick, threads, memoryLimitBytes, dataDirectory, progress } = this.setting
    // A process of its own takes longer than a short race.
    if (quick && race.name !== this.suite.quick[0]) return done
    progress(`${this.suite.name} ${race.name} ${size}: memory of ${engine}`)
    const alone = await aloneFigures({
      suite: this.suite.name,
      race: race.name,
      size,
      engine,
      threads,
      memoryLimitBytes,
      dataDirectory,
    })
    return { ...done, ...alone }
  }
}
