/** Reads the benchmark's command line. */

import { availableParallelism, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { parseBytes } from '../planner/quantities.js'
import { ENGINE_NAMES, SIZES, type SizeName } from './races/race.js'
import type { Suite, WarmUp } from './suite.js'
import { AUTO, BIGDATA, BULK, ROW } from './trials/contenders.js'

const FULL = {
  runs: 7,
  warmUp: { runs: 3, milliseconds: 1_000 },
  scale: 1,
  sizes: 'small,medium,large',
  limits: '384MB,512MB,1GB',
}
const QUICK = { runs: 2, warmUp: { runs: 0, milliseconds: 0 }, scale: 0.01, sizes: 'small', limits: '384MB' }
const PATIENCE_MINUTES = 20
/** Or what most of the machine's memory is, if that is less. */
const MEMORY_LIMIT_BYTES = 4e9
const MACHINE_SHARE = 0.8

export interface Plan {
  readonly suites: readonly Suite[]
  readonly quick: boolean
  readonly sizes: readonly SizeName[]
  /** Null: all. */
  readonly cases: readonly string[] | null
  readonly engines: readonly string[] | null
  readonly threads: number
  readonly runs: number
  readonly warmUp: WarmUp
  readonly memoryLimitBytes: number
  /** Of the suite `out-of-core`, in bytes. */
  readonly limits: readonly number[]
  readonly scale: number
  readonly patienceMilliseconds: number
  readonly resume: boolean
  /** Null: where the benchmark keeps its results. */
  readonly output: string | null
  readonly data: string | null
  readonly json: boolean
}

/** What was asked for is not there, or makes no sense. */
export class WrongUsage extends Error {}

export function readPlan(words: readonly string[], known: readonly Suite[]): Plan | 'help' | 'list' {
  const { values, positionals } = parsed(words)
  if (values.help === true) return 'help'
  if (values.list === true) return 'list'
  const quick = values.quick === true
  const size = quick ? QUICK : FULL
  const suites = chosenSuites(
    [...positionals, ...(values.suite === undefined ? [] : listed('suite', values.suite))],
    known,
  )
  const cases = values.case === undefined ? null : listed('case', values.case)
  expectCases(cases, suites)
  return {
    suites,
    quick,
    sizes: listed('size', values.size ?? size.sizes).map(sizeNamed),
    cases,
    engines: values.engine === undefined ? null : listed('engine', values.engine).map(engineNamed),
    threads: wholeNumber('threads', values.threads) ?? availableParallelism(),
    runs: wholeNumber('runs', values.runs) ?? size.runs,
    warmUp: size.warmUp,
    memoryLimitBytes:
      values['memory-limit'] === undefined
        ? Math.min(MEMORY_LIMIT_BYTES, Math.floor(totalmem() * MACHINE_SHARE))
        : bytesOf('memory-limit', values['memory-limit']),
    limits: listed('limit', values.limit ?? size.limits).map((text) => bytesOf('limit', text)),
    scale: positiveNumber('scale', values.scale) ?? size.scale,
    patienceMilliseconds: (positiveNumber('patience', values.patience) ?? PATIENCE_MINUTES) * 60_000,
    resume: values.resume === true,
    output: values.output ?? null,
    data: values.data ?? null,
    json: values.json === true,
  }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        suite: { type: 'string' },
        size: { type: 'string' },
        case: { type: 'string' },
        engine: { type: 'string' },
        runs: { type: 'string' },
        threads: { type: 'string' },
        'memory-limit': { type: 'string' },
        limit: { type: 'string' },
        scale: { type: 'string' },
        patience: { type: 'string' },
        output: { type: 'string' },
        data: { type: 'string' },
        resume: { type: 'boolean' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new WrongUsage((error as Error).message)
  }
}

function chosenSuites(names: readonly string[], known: readonly Suite[]): readonly Suite[] {
  const unknown = names.find((name) => !known.some((suite) => suite.name === name))
  if (unknown !== undefined) {
    throw new WrongUsage(`no suite ${unknown}: there are ${known.map(({ name }) => name).join(', ')}`)
  }
  return names.length === 0 ? known : known.filter(({ name }) => names.includes(name))
}

function expectCases(cases: readonly string[] | null, suites: readonly Suite[]): void {
  const there = [...new Set(suites.flatMap((suite) => suite.cases))]
  const unknown = cases?.find((name) => !there.includes(name))
  if (unknown !== undefined) throw new WrongUsage(`no case ${unknown}: there are ${there.join(', ')}`)
}

function sizeNamed(name: string): SizeName {
  if (!Object.hasOwn(SIZES, name)) throw new WrongUsage(`no size ${name}: there are ${Object.keys(SIZES).join(', ')}`)
  return name as SizeName
}

function engineNamed(name: string): string {
  const there: readonly string[] = [...ENGINE_NAMES, ...[AUTO, ROW, BULK, BIGDATA].map(({ label }) => label)]
  if (!there.includes(name)) throw new WrongUsage(`no engine ${name}: there are ${there.join(', ')}`)
  return name
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new WrongUsage(`--${name} takes a whole number from 1 up, not ${text}`)
  return value
}

function positiveNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new WrongUsage(`--${name} takes a number above 0, not ${text}`)
  return value
}

function bytesOf(name: string, text: string): number {
  const bytes = parseBytes(text)
  if (!(bytes > 0)) throw new WrongUsage(`--${name} takes sizes such as 384MB or 1GB, not ${text}`)
  return bytes
}

/** Each once. */
function listed(name: string, text: string): string[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  if (words.length === 0) throw new WrongUsage(`--${name} takes a list such as a,b, not '${text}'`)
  return [...new Set(words)]
}
