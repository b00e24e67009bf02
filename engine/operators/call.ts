/**
 * Calls a function of a pipeline's stage with a batch: as an Arrow view, or record by record. What it returns leaves by the
 * port `main`, and what it emits by the port that it names.
 */

import { toRecordBatch } from '../../io/arrow/record-batch.js'
import type { Batch } from '../../io/batch.js'
import { toRow } from '../../io/records/row.js'
import { isRetryable, VolleyError } from '../../planner/errors.js'
import type { FunctionContext } from '../../planner/pipeline/definition.js'
import { unlessCancelled } from '../cancellation.js'
import { CallSignal } from './call-signal.js'
import { type CallContext, type CalledOutput, CalledOutputs, type KnownSchemas } from './called-outputs.js'
import { LentBuffers } from './lent-buffers.js'
import { thrownMessage } from './thrown-message.js'

export const MAIN_PORT = 'main'

export interface StageFunction {
  readonly stage: string
  /** How messages name it. */
  readonly label: string
  readonly mode: 'record' | 'batch'
  readonly call: (input: unknown, context: FunctionContext) => unknown
}

/**
 * Calls the function with a batch, which stays the caller's. The views that it sees are valid until it returns or resolves.
 * Throws VOLLEY_USER_FUNCTION where the function does, VOLLEY_BAD_RECORD or VOLLEY_SCHEMA_MISMATCH if an output does not fit.
 */
export async function callWithBatch(
  context: CallContext,
  stage: StageFunction,
  schemas: KnownSchemas,
  batch: Batch,
): Promise<readonly CalledOutput[]> {
  return collecting(context, stage, schemas, batch, async (functionContext, outputs, buffers) => {
    const { call, mode } = stage
    const settled = (returned: unknown): unknown =>
      returned instanceof Promise ? unlessCancelled(returned, context.checkCancelled) : returned
    if (mode === 'batch') {
      const input = toRecordBatch(batch, context.memory, buffers.allocate, buffers.lend)
      outputs.add(MAIN_PORT, await attempt(context, stage, null, async () => settled(call(input, functionContext))))
      return
    }
    for (let row = 0; row < batch.length; row++) {
      const input = toRow(context.memory, batch, row)
      outputs.row = row
      // Most functions return at once, and waiting for each would cost more than they do.
      const returned = attemptNow(context, stage, row, () => call(input, functionContext))
      const result =
        returned instanceof Promise ? await attempt(context, stage, row, async () => settled(returned)) : returned
      outputs.add(MAIN_PORT, result)
    }
  })
}

/** Calls what gives outputs without an input, such as the end of one. */
export async function callAtEnd(
  context: CallContext,
  stage: Pick<StageFunction, 'stage' | 'label'>,
  schemas: KnownSchemas,
  call: (context: FunctionContext) => unknown,
): Promise<readonly CalledOutput[]> {
  const nothing: Batch = { schema: { fields: [] }, length: 0, columns: [] }
  return collecting(context, stage, schemas, nothing, async (functionContext, outputs) => {
    outputs.add(MAIN_PORT, await attempt(context, stage, null, async () => call(functionContext)))
  })
}

async function collecting(
  context: CallContext,
  { stage, label }: Pick<StageFunction, 'stage' | 'label'>,
  schemas: KnownSchemas,
  batch: Batch,
  work: (context: FunctionContext, outputs: CalledOutputs, buffers: LentBuffers) => Promise<void>,
): Promise<readonly CalledOutput[]> {
  const buffers = new LentBuffers(batch, context)
  const outputs = new CalledOutputs(context, { stage, label }, schemas, buffers)
  const cancelled = new CallSignal(context.checkCancelled)
  try {
    await work(
      {
        stage,
        emit: (port, output) => outputs.add(port, output),
        get signal() {
          return cancelled.signal
        },
      },
      outputs,
      buffers,
    )
    return outputs.take()
  } catch (error) {
    outputs.abandon()
    throw error
  } finally {
    cancelled.end()
    buffers.release()
  }
}

function attemptNow<T>(context: CallContext, stage: StageFunction, row: number | null, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    throw failureOf(context, stage, row, cause)
  }
}

async function attempt<T>(
  context: CallContext,
  stage: Pick<StageFunction, 'stage' | 'label'>,
  row: number | null,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    throw failureOf(context, stage, row, cause)
  }
}

/** Throws VOLLEY_ABORTED instead if the run was cancelled meanwhile. */
function failureOf(
  context: CallContext,
  { stage, label }: Pick<StageFunction, 'stage' | 'label'>,
  row: number | null,
  cause: unknown,
): VolleyError {
  context.checkCancelled()
  // What it emitted did not fit: the message says where.
  if (cause instanceof VolleyError && cause.details.stage === stage) return cause
  const message = thrownMessage(cause)
  const place = row === null ? '' : ` at row ${row} of the batch`
  const details = { stage, row: row ?? undefined, ...(isRetryable(cause) && { retryable: true }) }
  return new VolleyError(
    'VOLLEY_USER_FUNCTION',
    `stage '${stage}': ${label} failed${place}: ${message}`,
    details,
    cause,
  )
}
