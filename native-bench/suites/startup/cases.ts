/** The cases of the startup suite: which programs are started, and what their output says. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Answer, exactDecimal } from '../../answers.js'
import { openDuckDb } from '../../engines/duckdb.js'
import type { Figure } from '../../results.js'
import type { Setting } from '../../suite.js'
import type { Ended, Program } from './run-process.js'
import {
  DELIVERED,
  KEPT,
  ORDERS,
  ORDERS_ROWS,
  PACKAGE_NAMES,
  type PackageName,
  QUERY,
  type Request,
  type Timings,
  TOTAL,
  type Work,
} from './work.js'

/** Packages that also run queries, in the order of reports. */
const ENGINES = ['volley', 'duckdb', 'polars'] as const
/** A program that does nothing: what every other one takes at least. */
const EMPTY = 'node'

const CHILD = fileURLToPath(new URL('./process.js', import.meta.url))
const VOLLEY = fileURLToPath(new URL('../../../engine/cli/main.js', import.meta.url))

/** What one run of a process says. */
export interface Reading {
  readonly milliseconds: number
  readonly figures: readonly Figure[]
}

export interface Contender {
  readonly engine: string
  readonly program: Program
  /** Makes room for the output of a run. */
  readonly prepare: () => Promise<void>
  readonly read: (ended: Ended) => Reading
  /** What the run that just ended has computed, to be compared; null where nothing was asked of it. */
  readonly answer: (ended: Ended) => Promise<Answer | null>
}

export interface StartupCase {
  readonly name: string
  readonly title: string
  readonly rows: number | null
  /** `outputs` is a directory for what they write. */
  readonly contenders: (setting: Setting, outputs: string) => readonly Contender[]
}

export const STARTUP_CASES: readonly StartupCase[] = [
  {
    name: 'import',
    title: 'Load the package',
    rows: null,
    contenders: (setting) =>
      PACKAGE_NAMES.map((name) => ({
        ...timed(name, 'import', setting),
        read: ({ output }) => ({ milliseconds: timingsOf(output).import, figures: [] }),
        answer: async () => null,
      })),
  },
  {
    name: 'first-result',
    title: 'Load the package, open the engine, first result of a query',
    rows: ORDERS_ROWS,
    contenders: (setting) =>
      ENGINES.map((name) => ({
        ...timed(name, 'first-result', setting),
        read: ({ output }) => firstResult(timingsOf(output)),
        answer: async ({ output }) => answerOf(timingsOf(output).lines),
      })),
  },
  {
    name: 'sql-process',
    title: 'Whole program: a query, its rows printed (`volley sql`)',
    rows: ORDERS_ROWS,
    contenders: (setting) => {
      const words = ['sql', QUERY, '--format', 'csv', ...limits(setting)]
      const [volley, ...others] = ENGINES.map((name) => timed(name, 'query', setting))
      const command = { ...volley, program: commandLine(words) }
      const printed: Contender[] = [command, ...others].map((one) => ({
        ...one,
        read: wholeProcess,
        answer: async ({ output }) => answerOf(output.trim().split('\n').filter(isRow)),
      }))
      return [...printed, empty()]
    },
  },
  {
    name: 'transform-process',
    title: 'Whole program: filter, five columns and a computed one, Parquet to Parquet (`volley transform`)',
    rows: ORDERS_ROWS,
    contenders: (setting, outputs) => {
      const written = ENGINES.map((name): Contender => {
        const output = join(outputs, `${name}.parquet`)
        const select = [...KEPT, `${TOTAL} as total`].join(', ')
        const words = ['transform', ORDERS, output, '--where', DELIVERED, '--select', select, ...limits(setting)]
        const one = timed(name, 'transform', setting, output)
        return {
          ...one,
          program: name === 'volley' ? commandLine(words) : one.program,
          prepare: () => rm(output, { force: true }),
          read: wholeProcess,
          answer: () => fingerprint(output),
        }
      })
      return [...written, empty()]
    },
  },
]

function timed(
  name: PackageName,
  work: Work,
  { threads, memoryLimitBytes }: Setting,
  output = '',
): Pick<Contender, 'engine' | 'program' | 'prepare'> {
  const request: Request = { package: name, work, threads, memoryLimitBytes, output }
  return {
    engine: name,
    program: {
      words: [CHILD, JSON.stringify(request)],
      // Polars reads its number of threads when it is loaded.
      environment: { POLARS_MAX_THREADS: String(threads) },
    },
    prepare: async () => {},
  }
}

function commandLine(words: readonly string[]): Program {
  return { words: [VOLLEY, ...words], environment: {} }
}

function limits({ threads, memoryLimitBytes }: Setting): string[] {
  return ['--threads', String(threads), '--memory-limit', `${memoryLimitBytes}B`]
}

function empty(): Contender {
  return {
    engine: EMPTY,
    program: { words: ['--eval', ''], environment: {} },
    prepare: async () => {},
    read: wholeProcess,
    answer: async () => null,
  }
}

function wholeProcess({ milliseconds }: Ended): Reading {
  return { milliseconds, figures: [] }
}

function firstResult({ import: loading, open, query }: Timings): Reading {
  const parts = { import: loading, open: open ?? 0, 'first query': query ?? 0 }
  return {
    milliseconds: Object.values(parts).reduce((sum, part) => sum + part, 0),
    figures: Object.entries(parts).map(([name, value]): Figure => ({ name, value, unit: 'ms' })),
  }
}

function timingsOf(output: string): Timings {
  return JSON.parse(output) as Timings
}

/** The header of CSV has no digits, each row has. */
function isRow(line: string): boolean {
  return /\d/.test(line)
}

function answerOf(lines: readonly string[]): Answer {
  return lines.map((line) => line.split(',').map(exactDecimal))
}

async function fingerprint(path: string): Promise<Answer> {
  const duckdb = await openDuckDb(1)
  try {
    return await duckdb.fingerprint(path)
  } finally {
    duckdb.close()
  }
}
