/**
 * What a benchmark has measured: the document that `npm run bench` writes, that reports show and comparisons read.
 * Plain JSON; times are milliseconds, sizes bytes.
 */

export const RESULTS_FORMAT = 1

export interface Results {
  readonly format: typeof RESULTS_FORMAT
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly machine: Machine
  /** By engine, as they say themselves; `node` too. */
  readonly versions: Readonly<Record<string, string>>
  /** Of the repository, with `+` if files differed from it; null outside of one. */
  readonly commit: string | null
  readonly settings: Settings
  readonly suites: readonly SuiteResults[]
}

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  /** `linux x64` */
  readonly platform: string
}

export interface Settings {
  readonly quick: boolean
  readonly threads: number
  /** Timed runs of each contender of a race. */
  readonly runs: number
  /** Of every engine that takes one. */
  readonly memoryLimitBytes: number
}

export interface SuiteResults {
  readonly name: string
  /** One line. */
  readonly title: string
  /** What must be known to read the figures: caches, warm-up, limits, what is timed. Sentences. */
  readonly conditions: readonly string[]
  readonly cases: readonly CaseResults[]
}

/** One piece of work at one size, done by several engines. */
export interface CaseResults {
  /** Of the work: the same at every size. */
  readonly name: string
  readonly title: string
  /** `large`, `512 MB`, `4 threads`: tells cases of one name apart; empty if there is but one. */
  readonly size: string
  /** Of the input; null where there is none. */
  readonly rows: number | null
  /** Where cases of one name are points of a line. */
  readonly axis: Axis | null
  /** The engine that others are compared with; null where none is. */
  readonly reference: string | null
  readonly outcomes: readonly Outcome[]
  /** Sentences: what was seen beside the figures. */
  readonly remarks: readonly string[]
}

export interface Axis {
  readonly name: 'rows' | 'threads'
  readonly value: number
}

export type Outcome = Done | Missed

export interface Done {
  /** `volley`, `duckdb`, `volley bulk`. */
  readonly engine: string
  readonly status: 'done'
  /** Of each timed run, in order; never empty. */
  readonly milliseconds: readonly number[]
  /** The most that was resident of a process that did only this; null if not measured. */
  readonly peakBytes: number | null
  /** Processor time of one run, of all threads of that process; null if not measured. */
  readonly cpuMilliseconds: number | null
  readonly figures: readonly Figure[]
  readonly memory: MemoryCourse | null
}

export interface Missed {
  readonly engine: string
  /** `absent`: the engine does not offer this. `failed`: it broke, or gave another answer than the reference. */
  readonly status: 'absent' | 'failed'
  readonly reason: string
}

/** Another figure than time and peak: `first batch`, 12.5, `ms`. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: Unit
}

export type Unit =
  | 'ms'
  | 'µs'
  | 'bytes'
  | 'rows/s'
  | 'ratio'
  | 'rows'
  | 'batches'
  | 'row groups'
  | 'tasks'
  | 'calls'
  | 'blocks'

/** Resident memory of a process over its time. */
export interface MemoryCourse {
  readonly limitBytes: number | null
  readonly samples: readonly { readonly milliseconds: number; readonly residentBytes: number }[]
  readonly switches: readonly {
    readonly milliseconds: number
    /** The strategy that went on. */
    readonly strategy: string
    readonly reason: string
  }[]
}

/** The middle of the sorted times. */
export function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median time of `outcome` by that of the case's reference; null where one of them has none, or the latter is 0. */
export function ratioToReference(one: CaseResults, outcome: Outcome): number | null {
  const reference = one.outcomes.find(({ engine }) => engine === one.reference)
  if (outcome.status !== 'done' || reference?.status !== 'done') return null
  const unit = median(reference.milliseconds)
  return unit === 0 ? null : median(outcome.milliseconds) / unit
}
