/** What producers of all kinds are told. */

import type { PipelineServices } from '../services.js'

export interface ProducerSetting {
  readonly services: PipelineServices
  /** Of the stage. */
  readonly id: string
  /** Where relative paths start. */
  readonly directory: string
  /** Most rows of a batch; of more than 64, a batch may have some fewer. */
  readonly batchRows: number
}
