/** Pipelines as their users write them, in code or as what YAML is read to. `definePipeline` checks and completes them. */

import type { Frame } from '../frame.js'
import type { ParquetSinkOptions, RetryOptions } from '../run-options.js'
import type {
  DatabaseKind,
  ErrorPolicy,
  FileFormat,
  FunctionContext,
  LoadMode,
  Mode,
  PipelineDefinition,
  PlacementKind,
  Scalar,
} from './definition.js'

type Names = string | readonly string[]
/** Bytes, or text such as `512MB`. */
export type Size = number | string
/** Milliseconds, or text such as `30s`. */
export type Duration = number | string
/** Types by column. */
export type SchemaSpecification = Readonly<Record<string, string>>

export interface PipelineOptions {
  readonly name?: string
  readonly description?: string
  readonly mode?: Mode
  readonly batchSize?: number
  readonly maxMemory?: Size
  readonly maxWorkers?: number
  readonly onFailure?: 'fail-fast' | 'continue'
  readonly placement?: PlacementSpecification
  readonly errors?: Partial<ErrorPolicy>
  readonly retries?: number | RetryOptions
  /** Directory that relative paths and modules start from; the working directory unless given. */
  readonly directory?: string
}

/** A chain: extract, transform, load. */
export interface LinearSpecification extends PipelineOptions {
  readonly extract: SourceSpecification
  /** Other inputs, read whole, by the name that queries know them by. */
  readonly tables?: Readonly<Record<string, SourceSpecification>>
  readonly transform?: TransformsSpecification
  readonly load: TargetSpecification | readonly TargetSpecification[]
}

/** A graph. */
export interface GraphSpecification extends PipelineOptions {
  readonly stages: readonly StageSpecification[]
}

export type PipelineSpecification = LinearSpecification | GraphSpecification

export type StageSpecification =
  | ({ readonly kind?: 'producer' } & ProducerSpecification & Identified)
  | ({ readonly kind?: 'processor' } & ProcessorSpecification & Identified)
  | ({ readonly kind: 'accumulator' } & AccumulatorSpecification & Identified)
  | ({ readonly kind?: 'consumer' } & ConsumerSpecification & Identified)
  | ({ readonly kind?: 'pipeline' } & NestedSpecification & Identified)

interface Identified {
  readonly id: string
}

interface StageOptions {
  readonly placement?: PlacementSpecification
  readonly errors?: Partial<ErrorPolicy>
  readonly retries?: number | RetryOptions
  readonly queue?: number
}

interface ReadingOptions extends StageOptions {
  /** Stages, or `stage.port`. */
  readonly from?: Names
  readonly tables?: Readonly<Record<string, string>>
}

export interface ProducerSpecification extends StageOptions {
  readonly source: SourceSpecification
}

export interface ProcessorSpecification extends ReadingOptions {
  readonly transform?: TransformsSpecification
  /** Conditions by port. */
  readonly routes?: Readonly<Record<string, string>>
}

export interface AccumulatorSpecification extends ReadingOptions {
  readonly key?: Names
  readonly rows?: number
  readonly bytes?: Size
  readonly every?: Duration
  readonly totalRows?: number
  readonly totalBytes?: Size
}

export interface ConsumerSpecification extends ReadingOptions {
  readonly target: TargetSpecification
}

export interface NestedSpecification extends ReadingOptions {
  readonly pipeline: PipelineDefinition | PipelineSpecification | PipelineLike
  readonly entry?: string
  readonly exit?: string
}

/** A builder. */
export interface PipelineLike {
  build(): PipelineDefinition
}

type RecordSequence = Iterable<object> | AsyncIterable<object>

/** Text is the path of a file, a glob, a directory, or a URL. */
export type SourceSpecification =
  | string
  | Frame
  | RecordSequence
  | (() => RecordSequence)
  | FileSourceSpecification
  | HttpSourceSpecification
  | DatabaseSourceSpecification
  | (FunctionSpecification & { readonly type?: 'function'; readonly schema?: SchemaSpecification })
  | { readonly type: 'input' }

export interface FileSourceSpecification {
  readonly type?: 'file'
  readonly path?: Names
  readonly format?: FileFormat
  readonly options?: Readonly<Record<string, unknown>>
}

export interface HttpSourceSpecification {
  readonly type?: 'http'
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, Scalar>>
  readonly body?: unknown
  readonly records?: string
  readonly pagination?: PaginationSpecification
  readonly requestsPerSecond?: number
  readonly timeout?: Duration
  readonly retries?: number | RetryOptions
  readonly schema?: SchemaSpecification
}

export type PaginationSpecification =
  | 'none'
  | 'link'
  | { readonly type: 'none' | 'link' }
  | {
      readonly type: 'page'
      readonly parameter?: string
      readonly first?: number
      readonly size?: number
      readonly sizeParameter?: string
    }
  | { readonly type: 'offset'; readonly parameter?: string; readonly size: number; readonly sizeParameter?: string }
  | { readonly type: 'cursor'; readonly parameter?: string; readonly next: string }

export interface DatabaseSourceSpecification {
  readonly type: DatabaseKind
  readonly connection: string
  readonly table?: string
  readonly query?: string
  readonly cursor?: string
  readonly schema?: SchemaSpecification
}

export interface FunctionSpecification {
  readonly module: string
  readonly function?: string
  readonly mode?: 'record' | 'batch'
  readonly kwargs?: Readonly<Record<string, unknown>>
}

/** Text is the path of a file. */
export type TargetSpecification =
  | string
  | FileTargetSpecification
  | DatabaseTargetSpecification
  | (FunctionSpecification & { readonly type?: 'function' })
  | Closure

export interface FileTargetSpecification {
  readonly type?: 'file'
  readonly path: string
  readonly format?: FileFormat
  readonly mode?: LoadMode
  readonly key?: Names
  readonly options?: ParquetSinkOptions & Readonly<Record<string, unknown>>
}

export interface DatabaseTargetSpecification {
  readonly type: DatabaseKind
  readonly connection: string
  readonly table: string
  readonly mode?: LoadMode
  readonly key?: Names
  readonly create?: boolean
}

/** A function of code: of a record or, with `batch`, of a RecordBatch. */
export type Closure = (input: never, context: FunctionContext) => unknown

export type FrameTransform = (input: Frame, tables: Readonly<Record<string, Frame>>) => Frame

/** A step, or several; those of one mapping run in the order in which they are declared here. */
export type TransformsSpecification = TransformSpecification | readonly TransformSpecification[] | FrameTransform

/** A function is one of frames. */
export type TransformSpecification = TransformMapping | FrameTransform

export interface TransformMapping {
  readonly rename?: Readonly<Record<string, string>>
  readonly convert?: Readonly<Record<string, string>>
  readonly defaults?: Readonly<Record<string, Scalar>>
  /** Text is SQL or, with `${column}` in it, a template. */
  readonly add?: Readonly<Record<string, Scalar | AddedSpecification>>
  readonly filter?: Names
  readonly select?: Names
  readonly drop?: Names
  /** Keys, or true for all columns. */
  readonly deduplicate?: Names | true
  readonly sort?: SortSpecification | readonly SortSpecification[]
  readonly sql?: string
  readonly jsonata?: string | JsonataSpecification
  readonly function?: StepFunctionSpecification | readonly StepFunctionSpecification[]
}

export type AddedSpecification =
  | { readonly value: Scalar }
  | { readonly template: string }
  | { readonly expression: string }

/** Text as in ORDER BY: `total desc nulls first`. */
export type SortSpecification =
  | string
  | (({ readonly column: string } | { readonly by: string }) & {
      readonly descending?: boolean
      readonly nulls?: 'first' | 'last'
    })

export interface JsonataSpecification {
  readonly expression: string
  readonly mode?: 'record' | 'batch'
  readonly schema?: SchemaSpecification
}

export type StepFunctionSpecification =
  | (FunctionSpecification & { readonly schema?: SchemaSpecification })
  | { readonly call: Closure; readonly mode?: 'record' | 'batch'; readonly schema?: SchemaSpecification }

export type PlacementSpecification =
  | PlacementKind
  | { readonly kind: 'inline' }
  | { readonly kind: 'threads'; readonly maxThreads?: number }
  | { readonly kind: 'snapshot'; readonly maxThreads?: number; readonly accumulateMax?: number }
  | {
      readonly kind: 'process'
      readonly maxProcesses?: number
      readonly retries?: number
      readonly timeout?: Duration
      /** Of one process; the engine's limit, divided among them, unless given. */
      readonly memoryLimit?: Size
    }
  | { readonly kind: 'actor'; readonly actors?: number; readonly key?: Names }
