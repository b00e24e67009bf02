/** Checks and completes the options of `open`. */

import { availableParallelism, tmpdir } from 'node:os'
import { checkOptions, invalid, show } from '../planner/arguments.js'
import { VolleyError } from '../planner/errors.js'
import { parseBytes } from '../planner/quantities.js'
import type { AnyStrategyName, StrategyName } from '../planner/run-options.js'
import { threadsWithin } from './memory/budget.js'
import { systemMemory } from './memory/container-limit.js'
import type { ExecutionStrategy } from './strategies/strategy.js'

export interface EngineOptions {
  /** Worker threads; by default one for each processor, fewer under a small memory limit. */
  readonly threads?: number
  /**
   * Most memory the whole process may take: bytes, or text such as `512MB` or `2GiB`. By default 80 % of what the
   * container has, or else the machine.
   */
  readonly memoryLimit?: number | string
  /** Where temporary files go; by default the system's directory for them. */
  readonly tempDirectory?: string
  /** How plans are run unless a run says otherwise. One of your own is registered with the engine, too. */
  readonly strategy?: StrategyName | ExecutionStrategy
}

export interface CheckedOptions {
  readonly threads: number
  readonly memoryLimit: number
  /** The size of the shared memory, where it is not to follow from the limit: tests make it small. */
  readonly sharedMemoryBytes: number | null
  /** What a breaker may hold under bigdata, where it is not to follow from the limit: tests make it small. */
  readonly breakerBytes: number | null
  /** Whether DuckDB may run whole plans under bigdata: tests have volley run them, with breakers that spill. */
  readonly pushesDown: boolean
  /** Whether calls of kernels are counted: for tests of how much work plans are. */
  readonly countsKernelCalls: boolean
  readonly tempDirectory: string
  readonly strategy: AnyStrategyName
  readonly ownStrategy: ExecutionStrategy | null
}

const DEFAULT_SHARE = 0.8
const MINIMUM_LIMIT = 16 << 20
const MAXIMUM_THREADS = 256

export function checkEngineOptions(options: EngineOptions): CheckedOptions {
  checkOptions('open', options, ['threads', 'memoryLimit', 'tempDirectory', 'strategy'])
  const memoryLimit = memoryLimitOf(options.memoryLimit)
  const threads = options.threads ?? threadsWithin(memoryLimit, process.memoryUsage.rss(), availableParallelism())
  if (!Number.isInteger(threads) || threads < 1 || threads > MAXIMUM_THREADS) {
    throw new VolleyError(
      'VOLLEY_INVALID_ARGUMENT',
      `threads must be a whole number from 1 to ${MAXIMUM_THREADS}, not ${threads}`,
    )
  }
  return {
    threads,
    memoryLimit,
    sharedMemoryBytes: null,
    breakerBytes: null,
    pushesDown: true,
    countsKernelCalls: false,
    tempDirectory: options.tempDirectory ?? tmpdir(),
    ...strategyOf(options.strategy ?? 'auto'),
  }
}

/** An object is checked where it is registered. */
function strategyOf(given: StrategyName | ExecutionStrategy): Pick<CheckedOptions, 'strategy' | 'ownStrategy'> {
  if (typeof given === 'object' && given !== null) return { strategy: given.name, ownStrategy: given }
  return { strategy: checkStrategy(given), ownStrategy: null }
}

function memoryLimitOf(given: number | string | undefined): number {
  if (given === undefined) return Math.floor(systemMemory().bytes * DEFAULT_SHARE)
  const bytes = typeof given === 'number' ? given : parseBytes(given)
  if (bytes >= MINIMUM_LIMIT) return bytes
  const expected = bytes < MINIMUM_LIMIT ? 'at least 16 MiB' : "a number of bytes, or text such as '512MB'"
  throw invalid(`memoryLimit is ${expected}, not ${show(given)}`, expected, given)
}

const STRATEGIES: readonly StrategyName[] = ['auto', 'row', 'bulk', 'bigdata']

function checkStrategy(strategy: StrategyName): StrategyName {
  if (STRATEGIES.includes(strategy)) return strategy
  throw new VolleyError(
    'VOLLEY_INVALID_ARGUMENT',
    `unknown strategy ${JSON.stringify(strategy)}: use one of ${STRATEGIES.join(', ')}`,
  )
}
