/** Errors that say in which stage of a pipeline they came up. */

import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { PipelineReport } from '../report.js'

/** The same error, with the stage in its message and its details. */
export function inStage(stage: string, error: unknown): unknown {
  if (error instanceof InternalError) return error
  const message = `stage ${stage}: ${error instanceof Error ? error.message : String(error)}`
  if (!(error instanceof VolleyError)) return new VolleyError('VOLLEY_USER_FUNCTION', message, { stage }, error)
  if (error.details.stage !== undefined) return error
  return new VolleyError(error.code, message, { ...error.details, stage }, error)
}

/** The stage that an error is of; null where it does not say. */
export function stageOf(error: unknown): string | null {
  const stage = error instanceof VolleyError ? error.details.stage : undefined
  return typeof stage === 'string' ? stage : null
}

/** The same error, with what all stages did as `details.report`, which is not printed with it. */
export function withReport(error: unknown, report: PipelineReport): unknown {
  if (!(error instanceof VolleyError)) return error
  const details = Object.defineProperty({ ...error.details }, 'report', { value: report, enumerable: false })
  return new VolleyError(error.code, error.message, details, error.cause)
}

export async function naming<T>(stage: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw inStage(stage, error)
  }
}
