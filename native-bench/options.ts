/** Reads the benchmark's command line. */

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Suite } from './contest.js'
import type { WarmUp } from './measure.js'
import type { PipelinePlan } from './pipelines/measure.js'
import { SUITES } from './suites/all.js'
import { AUTO, BIGDATA, BULK, POLARS, REFERENCE, ROW } from './trials/contenders.js'
import { largeWork, type OutOfCorePlan } from './trials/out-of-core.js'
import type { StrategiesPlan } from './trials/strategies.js'
import type { Contender } from './trials/trial.js'
import { LARGE_WORKS } from './trials/works/out-of-core.js'

/** Suites other than races of engines. They take minutes, and run only if asked for, or with `--quick`. */
const TRIAL_SUITES = ['strategies', 'out-of-core', 'pipeline'] as const
type TrialSuite = (typeof TRIAL_SUITES)[number]

const FULL = { rows: 6_000_000, runs: 7, warmUp: { runs: 8, milliseconds: 1_000 }, scale: 1 }
const QUICK = { rows: 200_000, runs: 2, warmUp: { runs: 0, milliseconds: 0 }, scale: 0.01 }
const LIMITS = '384MB,512MB,1GB'
const LEAST_LIMIT = '384MB'

export interface Plan {
  readonly rows: number
  readonly threads: number
  readonly runs: number
  readonly warmUp: WarmUp
  /** The engines side by side in one process. */
  readonly suites: readonly Suite[]
  /** Null if it is not to run. */
  readonly strategies: Omit<StrategiesPlan, 'files'> | null
  readonly outOfCore: OutOfCorePlan | null
  readonly pipeline: Omit<PipelinePlan, 'lineitem'> | null
  /** Goes on where an interrupted series of trials stopped. */
  readonly resume: boolean
  readonly json: boolean
}

export function readPlan(words: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rows: { type: 'string' },
      threads: { type: 'string' },
      runs: { type: 'string' },
      suite: { type: 'string' },
      limit: { type: 'string' },
      scale: { type: 'string' },
      case: { type: 'string' },
      engine: { type: 'string' },
      patience: { type: 'string' },
      resume: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const size = values.quick ? QUICK : FULL
  const { suites, trials } = chooseSuites(values.suite, values.quick)
  const rows = wholeNumber('rows', values.rows) ?? size.rows
  const threads = wholeNumber('threads', values.threads) ?? availableParallelism()
  const runs = wholeNumber('runs', values.runs) ?? size.runs
  const strategies = { rows, threads, runs, switchLimit: bytesOf(LEAST_LIMIT) }
  const outOfCore = (): OutOfCorePlan => ({
    cases: values.case === undefined ? LARGE_WORKS : listed(values.case).map(largeWork),
    limits: listed(values.limit ?? (values.quick ? LEAST_LIMIT : LIMITS)).map(bytesOf),
    scale: positiveNumber('scale', values.scale) ?? size.scale,
    threads,
    contenders: chooseContenders(values.engine ?? (values.quick ? 'bigdata' : 'auto,bigdata,bulk,polars')),
    patienceMilliseconds: (positiveNumber('patience', values.patience) ?? 20) * 60_000,
  })
  return {
    rows,
    threads,
    runs,
    warmUp: size.warmUp,
    suites,
    strategies: trials.includes('strategies') ? strategies : null,
    outOfCore: trials.includes('out-of-core') ? outOfCore() : null,
    pipeline: trials.includes('pipeline')
      ? { rows, threads, runs, scale: positiveNumber('scale', values.scale) ?? size.scale }
      : null,
    resume: values.resume,
    json: values.json,
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} takes a whole number from 1 up, not ${text}`)
  return value
}

function positiveNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`--${name} takes a number above 0, not ${text}`)
  return value
}

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 }

export function bytesOf(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(MB|GB|MiB|GiB)$/.exec(text)
  if (match === null) throw new Error(`--limit takes sizes such as 384MB or 1GB, not ${text}`)
  return Math.floor(Number(match[1]) * UNITS[match[2]])
}

function listed(text: string): string[] {
  return text.split(',').map((word) => word.trim())
}

const CONTENDERS = new Map([
  ['duckdb', REFERENCE],
  ['auto', AUTO],
  ['bigdata', BIGDATA],
  ['bulk', BULK],
  ['row', ROW],
  ['polars', POLARS],
])

/** The reference always takes part, and comes first. */
function chooseContenders(names: string): readonly Contender[] {
  const chosen = listed(names).map((name) => {
    const found = CONTENDERS.get(name)
    if (found === undefined) throw new Error(`no engine ${name}: there are ${[...CONTENDERS.keys()].join(', ')}`)
    return found
  })
  return [REFERENCE, ...chosen.filter((one) => one !== REFERENCE)]
}

function chooseSuites(
  names: string | undefined,
  quick: boolean,
): { suites: readonly Suite[]; trials: readonly TrialSuite[] } {
  if (names === undefined) return { suites: SUITES, trials: quick ? TRIAL_SUITES : [] }
  const chosen = listed(names)
  const known = [...SUITES.map((suite) => suite.name), ...TRIAL_SUITES]
  const unknown = chosen.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`no suite ${unknown}: there are ${known.join(', ')}`)
  return {
    suites: SUITES.filter((suite) => chosen.includes(suite.name)),
    trials: TRIAL_SUITES.filter((name) => chosen.includes(name)),
  }
}
