/** What users say about a run and its outputs, and what they are told about it. */

/** How data is processed; `auto` chooses. */
export type StrategyName = 'auto' | 'row' | 'bulk' | 'bigdata'

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
  readonly strategy?: StrategyName
  /** Ends the run with VOLLEY_ABORTED. */
  readonly signal?: AbortSignal
  readonly onProgress?: (event: ProgressEvent) => void
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
}

export interface ExplainOptions {
  readonly format?: 'text' | 'json'
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
