/** What a stage of a pipeline does to each of its batches, as plain data: wherever it is placed, this is what goes there. */

import type { Schema } from '../../planner/types.js'
import type { KnownSchemas } from '../operators/called-outputs.js'
import type { ChainPlan, UserModule } from './messages.js'

export interface StagePlan {
  /** Names it in messages. */
  readonly stage: string
  readonly input: Schema
  readonly body: ChainBody | FunctionBody
}

/** Operators, one after the other. */
export interface ChainBody {
  readonly kind: 'chain'
  /** Positions in the input of the columns that the chain reads. */
  readonly columns: readonly number[]
  readonly plan: ChainPlan
  readonly output: Schema
}

/** A function of a module. */
export interface FunctionBody {
  readonly kind: 'function'
  readonly function: UserModule
  readonly mode: 'record' | 'batch'
  /** By port; what has none yet takes that of its first output. */
  readonly schemas: KnownSchemas
}
