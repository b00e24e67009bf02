/** What users say about a run and its outputs, and what they are told about it. */

import type { RecordBatch } from 'apache-arrow'

/** The port of the records that could not be processed. */
export const REJECTS_PORT = 'rejects'

/** How data is processed; `auto` chooses. */
export type StrategyName = 'auto' | 'row' | 'bulk' | 'bigdata'

/** One of volley's own, or one that was registered with the engine: that then drives the components of the plan. */
export type AnyStrategyName = StrategyName | (string & {})

/**
 * Takes the batches that leave components by a port other than `main`. They stay valid as long as they are held. The port
 * `rejects` also takes the records that the plan itself rejects, in the columns that a `RejectHandler` gets, unless there
 * is one: `component` is empty then.
 */
export type PortHandler = (batch: RecordBatch, from: { readonly component: string }) => void | Promise<void>

/**
 * Takes the records that a filter, projection, cast, key or function of one record could not process. The run goes on
 * without them, and waits for the promise. The columns of the batches:
 *
 *   record     utf8, not null   the record as the step found it, as JSON
 *   path       utf8             the file that it comes from
 *   row_group  int32            counted from 0 in the file
 *   row        int64            counted from 0 in the file or, without one, in the input; null where it cannot be told
 *   step       utf8, not null   the operator and its expression or function: `project: CAST(text AS INTEGER)`
 *   code       utf8, not null   of the error, as of a `VolleyError`
 *   message    utf8, not null
 */
export type RejectHandler = (batch: RecordBatch) => void | Promise<void>

/** When a piece of work failed for a passing reason: a thread that ended, a read that failed, an error marked retryable. */
export interface RetryOptions {
  /** How often a piece is done again at most. */
  readonly count: number
  /** Milliseconds before the first repetition; 100 unless given. */
  readonly backoffMs?: number
  /** By which the wait grows from one repetition to the next; 2 unless given. */
  readonly factor?: number
  /** The share of the wait that is left to chance, from 0 to 1; 0.1 unless given. */
  readonly jitter?: number
}

export interface ProgressEvent {
  /** The step under way, as in `RunReport.phases`. */
  readonly phase: string
  readonly rows: number
  /** Null where it cannot be known without reading. */
  readonly totalRows: number | null
  /** Read so far. */
  readonly bytes: number
  readonly elapsedMs: number
  readonly rowsPerSecond: number
  readonly remainingMs: number | null
  /** Under way; null until it is chosen. */
  readonly strategy: Exclude<StrategyName, 'auto'> | null
}

export interface RunOptions {
  readonly strategy?: AnyStrategyName
  /** Ends the run with VOLLEY_ABORTED. */
  readonly signal?: AbortSignal
  readonly onProgress?: (event: ProgressEvent) => void
  /**
   * Makes a run that begins in bulk go on as bigdata at this morsel of the input of each breaker, counted from 0, or as row
   * where nothing is held, as if the
   * process were near its limit then: for tests of plans and of functions.
   */
  readonly switchAtMorsel?: number
  /** By name of the port. What leaves by ports that are not named here is left out. */
  readonly ports?: Readonly<Record<string, PortHandler>>
  /** Without it, the first record that cannot be processed ends the run. */
  readonly rejects?: RejectHandler
  /** Ends the run with VOLLEY_TOO_MANY_REJECTS when more records than these are rejected. */
  readonly maxRejects?: number
  /** Without it, nothing is done again. */
  readonly retries?: RetryOptions
}

export interface RunReport {
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly durationMs: number
  readonly peakRssBytes: number
  /** Records that could not be processed and were left out. */
  readonly rejected: number
  /** Pieces of work that were done again. */
  readonly retries: number
  /** The strategies that ran, in order: `from` counts the rows that were read before it took over. */
  readonly strategies: readonly {
    readonly name: Exclude<StrategyName, 'auto'>
    readonly from: number
    readonly reason: string
  }[]
  readonly phases: readonly {
    readonly name: string
    readonly durationMs: number
    readonly rows: number
    readonly rowsPerSecond: number
  }[]
  readonly memory: MemoryReport
}

/** The memory of the process during a run, in bytes. */
export interface MemoryReport {
  readonly limitBytes: number
  readonly peakRssBytes: number
  /** At most 200 points; of those that were left out, the highest counts. */
  readonly timeline: readonly MemoryPoint[]
  /** The operators that held shared memory, in the order in which they came up, and the most that each held. */
  readonly operators: readonly {
    readonly label: string
    readonly peakBytes: number
    readonly detail?: Readonly<Record<string, unknown>>
  }[]
}

export interface MemoryPoint {
  /** Since the run began. */
  readonly atMs: number
  /** Resident in all. */
  readonly rssBytes: number
  /** In use of the engine's shared memory. */
  readonly sharedBytes: number
  readonly duckdbBytes: number
  /** The strategy of the run at that time. */
  readonly strategy: RunReport['strategies'][number]['name']
}

export interface ExplainOptions {
  readonly format?: 'text' | 'json'
  /** What the plan would be run with; that of the engine unless given. */
  readonly strategy?: AnyStrategyName
  /** Whether the run would collect rejected records, for which it may take another way. */
  readonly rejects?: boolean
}

interface SinkOptions {
  /** Replaces an existing output; without it, that is VOLLEY_OUTPUT_EXISTS. */
  readonly overwrite?: boolean
}

export type Compression = 'snappy' | 'zstd' | 'gzip' | 'lz4' | 'none'

export interface ParquetSinkOptions extends SinkOptions {
  readonly compression?: Compression
  /** Rows. */
  readonly rowGroupSize?: number
  /** Writes a directory with a folder `name=value` for each combination, without these columns in the files. */
  readonly partitionBy?: readonly string[]
  /** Of columns, in the footer. True unless given. */
  readonly statistics?: boolean
  /** Dictionary encoding where it pays. True unless given. */
  readonly dictionary?: boolean
}

/** As users write them: one column needs no list. */
export interface ParquetOutputOptions extends Omit<ParquetSinkOptions, 'partitionBy'> {
  readonly partitionBy?: string | readonly string[]
}

export interface ArrowSinkOptions extends SinkOptions {
  /** `file`, which can be read from any place, or `stream`. */
  readonly format?: 'file' | 'stream'
  readonly compression?: 'lz4' | 'zstd' | 'none'
}

export interface CsvSinkOptions extends SinkOptions {
  /** One character. */
  readonly delimiter?: string
  /** Names in the first line. True unless given. */
  readonly header?: boolean
  /** One character. */
  readonly quote?: string
  /** Stands for null; empty unless given. */
  readonly nullValue?: string
}

export interface NdjsonSinkOptions extends SinkOptions {}

/** Where a plan's rows go. */
export type SinkTarget =
  | { readonly format: 'parquet'; readonly path: string; readonly options: ParquetSinkOptions }
  | { readonly format: 'arrow'; readonly path: string; readonly options: ArrowSinkOptions }
  | { readonly format: 'csv'; readonly path: string; readonly options: CsvSinkOptions }
  | { readonly format: 'ndjson'; readonly path: string; readonly options: NdjsonSinkOptions }
