/**
 * The protocol between a stage and its guests: processes and threads that share no memory with it.
 *
 *   stage                                 guest
 *     | -- GuestStart --------------------> |   loads the function
 *     | <------------- ready or failed ---- |
 *     | -- batch, finish, save, ... ------> |   one after the other, in the order in which they were asked for
 *     | <------------ done or failed ------ |
 *
 * Batches cross as Arrow IPC streams of one batch each. A guest ends when its channel does.
 */

import type { ErrorMessage } from '../../../planner/errors.js'
import type { KnownSchema, KnownSchemas } from '../../operators/called-outputs.js'
import type { ChainBody, FunctionBody } from '../../workers/stage-plan.js'
import type { Json } from '../stage.js'

export interface GuestStart {
  readonly stage: string
  readonly body: ChainBody | Omit<FunctionBody, 'schemas'>
  /** True if it makes its own of classes and factories, and keeps that from batch to batch. */
  readonly isActor: boolean
}

export type GuestRequest =
  | { readonly kind: 'batch'; readonly bytes: Uint8Array; readonly known: KnownSchemas }
  /** What is left at the end of the input. */
  | { readonly kind: 'finish'; readonly known: KnownSchemas }
  | { readonly kind: 'save' }
  | { readonly kind: 'restore'; readonly state: Json }
  | { readonly kind: 'message'; readonly text: string }

export type Asked = GuestRequest & { readonly id: number }

export interface SentOutput {
  readonly port: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly schema: KnownSchema
}

/** What a guest can do beside working on batches. */
export interface GuestSkills {
  readonly isStateful: boolean
  readonly saves: boolean
  readonly takesMessages: boolean
}

export type GuestAnswer =
  | { readonly kind: 'ready'; readonly skills: GuestSkills }
  | {
      readonly kind: 'done'
      readonly id: number
      readonly outputs: readonly SentOutput[]
      /** Of `save`, the state; of `message`, the answer. */
      readonly value: Json
      /** Resident memory of a process; that of a thread is the process's own. */
      readonly rssBytes: number
    }
  /** Without an id, it could not start. */
  | { readonly kind: 'failed'; readonly id: number | null; readonly error: ErrorMessage }
