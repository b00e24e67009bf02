/** What consumers of all kinds are told. */

import type { RetryOptions } from '../../../planner/run-options.js'
import type { Schema } from '../../../planner/types.js'
import type { StageErrors } from '../errors/stage-errors.js'
import type { PipelineServices } from '../services.js'

export interface ConsumerSetting {
  readonly services: PipelineServices
  /** Of the stage. */
  readonly id: string
  /** Where relative paths start. */
  readonly directory: string
  /** Of the input, where it is known before the first batch: what is made without any batch has these columns. */
  readonly schema: Schema | null
  /** The same, asked for at the end if no batch came; null where only rows could tell. */
  readonly schemaWithoutRows?: () => Promise<Schema | null>
  /** Under which databases keep how far a job came; null for jobs that cannot be resumed. */
  readonly checkpoint: string | null
  /** Where records go that cannot be loaded, asked for when the first is written; null: the first one ends the run. */
  readonly errors?: () => StageErrors | null
  /** Of what fails for a reason that may pass. */
  readonly retries?: RetryOptions | null
}
