/** What a command line asks for, whichever way it is written. */

import type { SortArgument } from './lists.js'
import type {
  COMPRESSIONS,
  PIPELINE_MODES,
  PLAN_FORMATS,
  PLAN_ORDERS,
  PROGRESS_FORMATS,
  ROW_FORMATS,
  STRATEGIES,
} from './options.js'

export interface RunArguments {
  readonly strategy: (typeof STRATEGIES)[number]
  readonly memoryLimit: string | undefined
  readonly threads: number | undefined
  readonly json: boolean
  /** The file for records that cannot be processed; null if the first of them fails the run. */
  readonly rejects: string | null
  readonly maxRejects: number | undefined
  readonly retries: number | undefined
  readonly progress: ProgressWish
}

/** Whether progress is shown, or as JSON. Undefined: only if standard error is a terminal. */
export type ProgressWish = boolean | (typeof PROGRESS_FORMATS)[number] | undefined

export interface OutputArguments {
  readonly compression: (typeof COMPRESSIONS)[number] | undefined
  readonly rowGroupSize: number | undefined
  readonly partitionBy: readonly string[]
  readonly overwrite: boolean
}

/** A `--where` or a `--with`: they apply in the order in which they were written. */
export type RowStep =
  | { readonly kind: 'where'; readonly predicate: string }
  | { readonly kind: 'with'; readonly name: string; readonly expression: string }

export interface TransformArguments {
  readonly inputs: readonly string[]
  /** Null only where a plan is explained. */
  readonly output: string | null
  readonly steps: readonly RowStep[]
  readonly renames: readonly (readonly [string, string])[]
  readonly drops: readonly string[]
  readonly groupBy: string | null
  readonly aggregates: readonly (readonly [string, string])[]
  readonly select: string | null
  readonly sort: readonly SortArgument[]
  readonly limit: number | null
}

export interface SqlArguments {
  readonly query: string
  readonly output: string | null
  readonly format: (typeof ROW_FORMATS)[number]
  readonly maxRows: number
}

export type Request =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'transform' | 'explain'
      readonly transform: TransformArguments
      readonly output: OutputArguments
      readonly run: RunArguments
    }
  | { readonly kind: 'inspect'; readonly file: string; readonly json: boolean }
  | { readonly kind: 'sql'; readonly sql: SqlArguments; readonly output: OutputArguments; readonly run: RunArguments }
  | {
      readonly kind: 'run'
      readonly pipeline: PipelineArguments
      /** Null: the pipeline's own. */
      readonly mode: (typeof PIPELINE_MODES)[number] | null
      readonly checkpoint: string | null
      readonly checkpointEvery: CheckpointInterval
      readonly resume: boolean
      /** Dead letters that enter the pipeline again. */
      readonly reprocess: string | null
      /** File of the parameters of several runs. */
      readonly paramSets: string | null
      /** Of these, at once. */
      readonly maxConcurrent: number
      readonly run: RunArguments
    }
  | {
      readonly kind: 'plan'
      readonly pipeline: PipelineArguments
      readonly format: (typeof PLAN_FORMATS)[number]
      readonly order: (typeof PLAN_ORDERS)[number]
    }
  | { readonly kind: 'bench'; readonly words: readonly string[] }
  | { readonly kind: 'validate'; readonly pipeline: PipelineArguments; readonly json: boolean }

/** Empty: the default. */
export interface CheckpointInterval {
  readonly batches?: number
  readonly milliseconds?: number
}

export interface PipelineArguments {
  readonly path: string
  readonly params: Readonly<Record<string, string>>
}
