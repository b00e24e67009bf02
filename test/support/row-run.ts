/** Runs frames by the row strategy itself, with options that the executor does not pass on. */

import { releaseBatch } from '../../engine/kernels/vectors.js'
import { lower } from '../../engine/lower.js'
import { Run } from '../../engine/run.js'
import type { Pipeline } from '../../engine/strategies/pipeline.js'
import { type RowOptions, RowStrategy } from '../../engine/strategies/row.js'
import type { Frame } from '../../index.js'
import { toRow } from '../../io/records/row.js'
import { internalsOf, optimizedPlan } from './optimized.js'

export async function pipelineOf(frame: Frame): Promise<Pipeline> {
  const { sources } = internalsOf(frame).environment
  return lower(await optimizedPlan(frame), (source) => sources.sourceOf(source))
}

/** The rows of a frame, by records. */
export async function rowsByRecord(frame: Frame, options: RowOptions = {}): Promise<Record<string, unknown>[]> {
  const pipeline = await pipelineOf(frame)
  const run = new Run(internalsOf(frame).resources, undefined)
  const rows: Record<string, unknown>[] = []
  try {
    for await (const batch of new RowStrategy(run, options).batches(pipeline)) {
      for (let row = 0; row < batch.length; row++) rows.push(toRow(run.memory.views, batch, row))
      releaseBatch(run.memory, batch)
    }
    return rows
  } finally {
    await run.finish()
  }
}
