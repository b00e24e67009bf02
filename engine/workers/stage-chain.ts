/** The operators of a pipeline's stage, applied to one batch. */

import type { Batch } from '../../io/batch.js'
import { MAIN_PORT } from '../operators/call.js'
import type { CalledOutput } from '../operators/called-outputs.js'
import { Chain } from '../operators/chain.js'
import type { ChainBody } from './stage-plan.js'
import type { TaskContext } from './task-context.js'

/** Runs a batch, which stays the caller's, through the operators of a stage. */
export async function runStageChain(
  context: TaskContext,
  { columns, plan, output }: ChainBody,
  batch: Batch,
): Promise<readonly CalledOutput[]> {
  const { steps, end, sliceRows } = plan
  const chain = new Chain(context, steps, end, 0)
  try {
    const read = columns.map((position) => batch.columns[position])
    await chain.run({ ...batch, columns: read }, sliceRows, { firstRow: 0 })
    // An error that a function left behind in a promise or timer ends the thread: now, not in another batch.
    if (steps.some((step) => step.kind === 'map')) await new Promise(setImmediate)
    const { batches } = chain.finish()
    return batches.map((made) => ({ port: MAIN_PORT, batch: { ...made, schema: output }, isInferred: false }))
  } catch (error) {
    chain.abandon()
    throw error
  }
}
