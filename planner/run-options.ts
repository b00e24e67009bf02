/** What users say about a run and its outputs, and what they are told about it. */

import type { RecordBatch } from 'apache-arrow'

/** How data is processed; `auto` chooses. */
export type StrategyName = 'auto' | 'row' | 'bulk' | 'bigdata'

/** One of volley's own, or one that was registered with the engine: that then drives the components of the plan. */
export type AnyStrategyName = StrategyName | (string & {})

/** Takes the batches that leave components by a port other than `main`. They stay valid as long as they are held. */
export type PortHandler = (batch: RecordBatch, from: { readonly component: string }) => void | Promise<void>

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
}

export interface RunOptions {
  readonly strategy?: AnyStrategyName
  /** Ends the run with VOLLEY_ABORTED. */
  readonly signal?: AbortSignal
  readonly onProgress?: (event: ProgressEvent) => void
  /**
   * Makes a run that begins in bulk go on as bigdata at this morsel of each breaker's input, counted from 0, as if the
   * process were near its limit then: for tests of plans and of functions.
   */
  readonly switchAtMorsel?: number
  /** By name of the port. What leaves by ports that are not named here is left out. */
  readonly ports?: Readonly<Record<string, PortHandler>>
}

export interface RunReport {
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly durationMs: number
  readonly peakRssBytes: number
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
