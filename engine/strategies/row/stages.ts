/** Steps over slices, each in the scratch of its context, which belongs to the step alone and is the caller's to free. */

import type { Schema } from '../../../planner/types.js'
import { RowError } from '../../kernels/kernel.js'
import { type ProbeStep, probe } from '../../operators/probe.js'
import { top } from '../../operators/top.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { PipelineStep } from '../pipeline.js'
import { RecordProgram, type RecordStep } from './records.js'
import { describeFailure, type OnReject, originOfRows, type Slice, type Slices } from './slices.js'

/** Passes each record through filters, projections and checks. */
export async function* recordSlices(
  context: TaskContext,
  schema: Schema,
  steps: readonly RecordStep[],
  onReject: OnReject | undefined,
  input: Slices,
): Slices {
  const program = new RecordProgram(context, schema, steps, onReject)
  for await (const slice of input) {
    const out = program.run(slice)
    if (out !== null) yield out
    context.resetScratch()
  }
}

/** Keeps the first records of each slice in sort order. */
export async function* topSlices(
  context: TaskContext,
  { keys, limit }: Extract<PipelineStep, { kind: 'top' }>,
  input: Slices,
): Slices {
  for await (const { batch, origin } of input) {
    try {
      yield { batch: top(context, keys, limit, batch), origin: { ...origin, isKnown: false } }
    } catch (error) {
      const record = error instanceof RowError ? error.row : -1
      throw describeFailure(error, 'sort', keys[0].expression, origin, record)
    }
    context.resetScratch()
  }
}

/** Joins records with the build side of a join. */
export async function* probedSlices(context: TaskContext, step: ProbeStep, input: Slices): Slices {
  for await (const slice of input) {
    const parts = joined(context, step, slice)
    for (;;) {
      const mark = context.markScratch()
      const next = parts.next()
      if (next.done === true) break
      const { probeRows, length, columns } = next.value
      const rows = new Uint32Array(length)
      rows.set(context.memory.u32.subarray(probeRows / 4, probeRows / 4 + length))
      yield { batch: { schema: step.schema, length, columns }, origin: originOfRows(slice.origin, rows) }
      context.rewindScratch(mark)
      context.checkCancelled()
    }
    context.resetScratch()
  }
}

function joined(context: TaskContext, step: ProbeStep, { batch, origin }: Slice): ReturnType<typeof probe> {
  try {
    return probe(context, step, batch)
  } catch (error) {
    throw describeFailure(error, 'join', step.keys[0], origin, error instanceof RowError ? error.row : -1)
  }
}
