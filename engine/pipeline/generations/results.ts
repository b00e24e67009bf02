/** What became of the pipes of a plan. */

import type { Pipe } from '../../../planner/graph/pipe.js'

/**
 * done     its work ended well
 * failed   its work failed, however often it was done again
 * skipped  it never began, because of a failure
 * aborted  it was stopped, or never began, because the run was aborted or, under fail-fast, because another pipe failed
 */
export type PipeStatus = 'done' | 'failed' | 'skipped' | 'aborted'

export interface PipeResult<T> {
  readonly id: string
  readonly kind: Pipe['kind']
  /** The number of its generation. */
  readonly generation: number
  readonly status: PipeStatus
  /** Of all attempts and the waits between them; 0 if it never began. */
  readonly durationMs: number
  /** 0 if it never began. */
  readonly attempts: number
  /** What its work gave, if it is done; undefined otherwise. */
  readonly value: T | undefined
  /** Why it failed, or was stopped; null otherwise. */
  readonly error: unknown
  /** The pipe whose failure it is: that it depends on, or that ended the run; null if there is none. */
  readonly because: string | null
}

export interface GenerationResult {
  readonly number: number
  readonly durationMs: number
}

export interface GenerationsResult<T> {
  /** Aborted only if the run was, from outside. */
  readonly status: 'done' | 'failed' | 'aborted'
  readonly durationMs: number
  /** In the order of the plan. */
  readonly pipes: readonly PipeResult<T>[]
  /** Those that began. */
  readonly generations: readonly GenerationResult[]
  /** VOLLEY_ABORTED if the run was aborted, or the failure that came first; null if there is none. */
  readonly error: unknown
}
