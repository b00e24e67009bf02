/** The operators of a pipeline's stage, applied to one batch. */

import type { Batch, Vector } from '../../io/batch.js'
import { rejoin } from '../kernels/vectors/rejoin.js'
import { releaseBatch } from '../kernels/vectors.js'
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
    return rejoined(context, batches).map((made) => ({
      port: MAIN_PORT,
      batch: { ...made, schema: output },
      isInferred: false,
    }))
  } catch (error) {
    chain.abandon()
    throw error
  }
}

/** Slices of one batch that were only passed on become one batch again, without copying. */
function rejoined(context: TaskContext, batches: readonly Batch[]): readonly Batch[] {
  const joined: Batch[] = []
  for (const batch of batches) {
    const last = joined.at(-1)
    const columns = last === undefined ? null : rejoinedColumns(last, batch)
    if (last === undefined || columns === null) {
      joined.push(batch)
      continue
    }
    joined[joined.length - 1] = { ...last, length: last.length + batch.length, columns }
    // The first of them holds the blocks already.
    releaseBatch(context, batch)
  }
  return joined
}

function rejoinedColumns(first: Batch, second: Batch): readonly Vector[] | null {
  const columns: Vector[] = []
  for (const [index, column] of first.columns.entries()) {
    const joined = rejoin(column, second.columns[index])
    if (joined === null) return null
    columns.push(joined)
  }
  return columns
}
