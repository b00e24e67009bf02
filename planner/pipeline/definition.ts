/**
 * A pipeline as its user describes it, checked: what the builder and YAML both become. All of it is plain data, but for
 * what only code can give: frames, functions and iterables.
 *
 * A stage reads its `inputs` batch by batch, in no order among several inputs, and its `tables` as a whole before the
 * first batch. It names them `stage` (its port `main`) or `stage.port`.
 */

import type { Frame } from '../frame.js'
import type { ParquetSinkOptions, RetryOptions } from '../run-options.js'
import type { Schema } from '../types.js'

export type Mode = 'full' | 'streaming' | 'hybrid'

export interface PipelineDefinition {
  readonly name: string
  readonly stages: readonly StageDefinition[]
  /**
   * full       each stage sees all of its input before the next begins; generation by generation
   * streaming  all stages at once, batch by batch, in memory that does not grow with the input
   * hybrid     chunks of the input are extracted whole, and transformed and loaded in batches
   */
  readonly mode: Mode
  /** Rows of a batch between stages. */
  readonly batchSize: number
  /** Bytes that waiting batches and shared inputs may hold; the engine's memory limit decides if null. */
  readonly maxMemory: number | null
  /** Stages of a generation that run at once. */
  readonly maxWorkers: number
  /** What becomes of stages that do not depend on a failed one. */
  readonly onFailure: 'fail-fast' | 'continue'
  /** For stages without one of their own. */
  readonly placement: Placement
  readonly errors: ErrorPolicy
  readonly retries: RetryOptions | null
  /** Directory that relative paths and modules start from. */
  readonly directory: string
}

export type StageDefinition = ProducerStage | ProcessorStage | AccumulatorStage | ConsumerStage | NestedStage
export type StageKind = StageDefinition['kind']

/** A port of a stage: `main`, `rejects`, or one that a stage routes to. */
export interface Input {
  readonly stage: string
  readonly port: string
}

export interface StageBase {
  /** Letters, digits, `_` and `-`; unique in its pipeline. */
  readonly id: string
  readonly inputs: readonly Input[]
  /** By the name that SQL and functions know them by. */
  readonly tables: Readonly<Record<string, Input>>
  /** Null: the pipeline's. */
  readonly placement: Placement | null
  readonly errors: ErrorPolicy | null
  readonly retries: RetryOptions | null
  /** Batches that may wait before it. */
  readonly queue: number
}

export interface ProducerStage extends StageBase {
  readonly kind: 'producer'
  readonly source: SourceDefinition
}

export interface ProcessorStage extends StageBase {
  readonly kind: 'processor'
  /** Done one after the other. */
  readonly transforms: readonly Transform[]
  /** Ports beside `main`, with SQL conditions; a row goes to the first whose condition is true, or else to `main`. */
  readonly routes: readonly { readonly port: string; readonly when: string }[]
}

/** Gathers batches until one of the limits is reached, and passes on one batch then; what is left, at the end. */
export interface AccumulatorStage extends StageBase {
  readonly kind: 'accumulator'
  /** Columns; rows of different keys are never in one batch. None: everything is one key. */
  readonly key: readonly string[]
  /** Limits of one key. */
  readonly rows: number | null
  readonly bytes: number | null
  readonly milliseconds: number | null
  /** Limits of all keys together, at which the largest key is passed on. */
  readonly totalRows: number | null
  readonly totalBytes: number | null
}

export interface ConsumerStage extends StageBase {
  readonly kind: 'consumer'
  readonly target: TargetDefinition
}

/** A pipeline as a stage: its producers without a source of their own read the stage's inputs, its output is that of `output`. */
export interface NestedStage extends StageBase {
  readonly kind: 'pipeline'
  readonly pipeline: PipelineDefinition
  /** The stage inside that takes the inputs; null if the nested pipeline has sources of its own. */
  readonly entry: string | null
  /** The stage inside whose `main` is the output; null if it ends in consumers. */
  readonly exit: string | null
}

export type FileFormat = 'parquet' | 'arrow' | 'csv' | 'ndjson'

export type SourceDefinition =
  | {
      readonly kind: 'file'
      /** Files, globs or directories. */
      readonly paths: readonly string[]
      readonly format: FileFormat
      /** As `engine.scanCsv` and its like take them. */
      readonly options: Readonly<Record<string, unknown>>
    }
  | ({ readonly kind: 'http' } & HttpSource)
  | ({ readonly kind: 'database' } & DatabaseSource)
  | { readonly kind: 'function'; readonly function: FunctionDefinition; readonly schema: Schema | null }
  | { readonly kind: 'frame'; readonly frame: Frame }
  | {
      readonly kind: 'records'
      readonly records: Iterable<object> | AsyncIterable<object> | (() => Iterable<object> | AsyncIterable<object>)
      readonly schema: Schema | null
    }
  /** The input of the nested pipeline's stage. */
  | { readonly kind: 'input' }

export interface HttpSource {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  /** Path of the records in the answer, such as `data.items`; null: the answer itself. */
  readonly records: string | null
  readonly pagination: Pagination
  /** Null: as many as come. */
  readonly requestsPerSecond: number | null
  /** Milliseconds for one request. */
  readonly timeout: number
  readonly retries: RetryOptions
  readonly schema: Schema | null
}

export type Pagination =
  | { readonly kind: 'none' }
  /** Ends with a page of fewer than `size` records, or none. */
  | {
      readonly kind: 'page'
      readonly parameter: string
      readonly first: number
      readonly size: number | null
      readonly sizeParameter: string | null
    }
  | {
      readonly kind: 'offset'
      readonly parameter: string
      readonly size: number
      readonly sizeParameter: string | null
    }
  /** `next` is the path of the next cursor in the answer; ends where it is missing, null or empty. */
  | { readonly kind: 'cursor'; readonly parameter: string; readonly next: string }
  /** RFC 8288: the answer's header `Link: <url>; rel="next"`. */
  | { readonly kind: 'link' }

export type DatabaseKind = 'duckdb' | 'sqlite' | 'postgresql'

export interface DatabaseSource {
  readonly database: DatabaseKind
  /** A file, or a connection string of PostgreSQL. */
  readonly connection: string
  /** One of the two. */
  readonly table: string | null
  readonly query: string | null
  /** Column that orders the rows, from whose last value a resumed job goes on; null: it starts anew. */
  readonly cursor: string | null
  readonly schema: Schema | null
}

export type TargetDefinition =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly format: FileFormat
      readonly mode: LoadMode
      /** Key columns of `upsert`. */
      readonly key: readonly string[]
      readonly options: ParquetSinkOptions & Readonly<Record<string, unknown>>
    }
  | {
      readonly kind: 'database'
      readonly database: DatabaseKind
      readonly connection: string
      readonly table: string
      readonly mode: LoadMode
      readonly key: readonly string[]
      /** Creates the table if there is none. */
      readonly create: boolean
    }
  | { readonly kind: 'function'; readonly function: FunctionDefinition }

/**
 * append   adds rows. Of files, a new file beside the others in a directory
 * replace  the output has these rows alone, and the old ones until they are all there
 * upsert   rows of an equal key are replaced, others added
 * fail     an existing output is refused
 */
export type LoadMode = 'append' | 'replace' | 'upsert' | 'fail'

/** A step of a processor. */
export type Transform =
  | { readonly kind: 'rename'; readonly columns: Readonly<Record<string, string>> }
  /** New types by column: names as in SQL. */
  | { readonly kind: 'convert'; readonly columns: Readonly<Record<string, string>> }
  /** What stands in for nulls and for columns that are not there. */
  | { readonly kind: 'defaults'; readonly columns: Readonly<Record<string, Scalar>> }
  | { readonly kind: 'add'; readonly columns: Readonly<Record<string, AddedColumn>> }
  | { readonly kind: 'select'; readonly columns: readonly string[] }
  | { readonly kind: 'drop'; readonly columns: readonly string[] }
  | { readonly kind: 'filter'; readonly condition: string }
  | {
      readonly kind: 'sort'
      readonly by: readonly {
        readonly column: string
        readonly descending: boolean
        readonly nulls: 'first' | 'last' | null
      }[]
    }
  /** Keeps one row of each key; of all columns if there is none. */
  | { readonly kind: 'deduplicate'; readonly key: readonly string[] }
  /** A query over the stage's input, called `input`, and its tables. */
  | { readonly kind: 'sql'; readonly query: string }
  | {
      readonly kind: 'jsonata'
      readonly expression: string
      readonly mode: 'record' | 'batch'
      readonly schema: Schema | null
    }
  | { readonly kind: 'function'; readonly function: FunctionDefinition; readonly schema: Schema | null }
  /** Only in code. */
  | { readonly kind: 'frame'; readonly apply: (input: Frame, tables: Readonly<Record<string, Frame>>) => Frame }

export type Scalar = string | number | boolean | null

export type AddedColumn =
  | { readonly kind: 'value'; readonly value: Scalar }
  /** Text with `${column}` in it. */
  | { readonly kind: 'template'; readonly template: string }
  /** SQL. `now()` is the time at which the run began. */
  | { readonly kind: 'expression'; readonly expression: string }

/**
 * A function of the user's. By mode, it takes and gives
 *
 *   record  an object; one, several, or none (null)
 *   batch   an apache-arrow RecordBatch; the same, a Table, or an array of records
 */
export type FunctionDefinition =
  | {
      readonly kind: 'module'
      /** Absolute path, or the name of a package. */
      readonly module: string
      readonly function: string
      readonly mode: 'record' | 'batch'
      readonly kwargs: Readonly<Record<string, unknown>>
    }
  /** Stays in the thread of the pipeline: `inline` alone can place it. */
  | {
      readonly kind: 'closure'
      readonly call: (input: never, context: FunctionContext) => unknown
      readonly label: string
      readonly mode: 'record' | 'batch'
    }

/** What a function is told beside its input. */
export interface FunctionContext {
  readonly stage: string
  /** Passes an output on by another port than `main`. */
  readonly emit: (port: string, output: unknown) => void
  readonly signal: AbortSignal
}

/** Where a stage runs. */
export type Placement =
  /** In the thread of the pipeline. */
  | { readonly kind: 'inline' }
  /** In the engine's pool, zero-copy. */
  | { readonly kind: 'threads'; readonly maxThreads: number | null }
  /** Batches are accumulated, then a short-lived worker gets an unchanging view of them, and ends. */
  | { readonly kind: 'snapshot'; readonly maxThreads: number; readonly accumulateMax: number }
  /** In long-lived child processes, by Arrow IPC. One that ends is replaced, and its batch done again. */
  | {
      readonly kind: 'process'
      readonly maxProcesses: number
      readonly retries: number
      /** Milliseconds for one batch. */
      readonly timeout: number | null
      /** Bytes of one process, which is replaced when it takes more; null: a share of the engine's limit. */
      readonly memoryLimit?: number | null
    }
  /** In long-lived threads of their own that keep state from batch to batch. */
  | { readonly kind: 'actor'; readonly actors: number; readonly key: readonly string[] }

export type PlacementKind = Placement['kind']

/** When failed records end the run; below that they go to the dead letters. */
export interface ErrorPolicy {
  /** A directory or a Parquet file for records that could not be processed; null: the first ends the run. */
  readonly deadLetters: string | null
  /** Of the records so far, from the hundredth on. From 0 to 1. */
  readonly maxRate: number | null
  readonly maxCount: number | null
  readonly maxConsecutive: number | null
  /** Records that fail are left out, and written nowhere. */
  readonly isSilent?: boolean
}
