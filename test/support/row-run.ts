/** Runs frames by the row strategy itself, without the executor around it. */

import { releaseBatch } from '../../engine/kernels/vectors.js'
import { lower } from '../../engine/lower.js'
import { optimizeQuery, type QueryEnvironment, resolveQuery } from '../../engine/query.js'
import { Run, type RunResources } from '../../engine/run.js'
import { drain, openSink } from '../../engine/sinks.js'
import type { Pipeline } from '../../engine/strategies/pipeline.js'
import { type RowOptions, RowStrategy } from '../../engine/strategies/row.js'
import type { Frame } from '../../index.js'
import type { Batch } from '../../io/batch.js'
import { toRow } from '../../io/records/row.js'
import type { SinkTarget } from '../../planner/frame.js'
import { type FrameRuntime, Frame as PlannedFrame } from '../../planner/frame.js'
import type { Schema } from '../../planner/types.js'

/** What an executor has to run plans with. */
interface Internals {
  readonly resources: RunResources
  readonly environment: QueryEnvironment
}

export interface RowRun {
  readonly run: Run
  readonly pipeline: Pipeline
  readonly schema: Schema
  readonly batches: AsyncGenerator<Batch>
}

/** Begins a run of the frame's plan by records; `finish` the run when done. */
export async function rowRun(frame: Frame, options: RowOptions = {}, signal?: AbortSignal): Promise<RowRun> {
  const { resources, environment } = frame.runtime as unknown as Internals
  resources.pool.start()
  const resolved = await resolveQuery(frame.plan, environment)
  const optimized = optimizeQuery(resolved, environment.sources)
  const pipeline = lower(optimized, (source) => environment.sources.sourceOf(source))
  const run = new Run(resources, signal)
  return { run, pipeline, schema: resolved.schema, batches: new RowStrategy(run, options).batches(pipeline) }
}

/** The rows of a frame, by records. */
export async function* rowsByRecord(
  frame: Frame,
  options: RowOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<Record<string, unknown>> {
  const { run, batches } = await rowRun(frame, options, signal)
  try {
    for await (const batch of batches) {
      for (let row = 0; row < batch.length; row++) yield toRow(run.memory.views, batch, row)
      releaseBatch(run.memory, batch)
    }
  } finally {
    await run.finish()
  }
}

export async function allRows(frame: Frame, options: RowOptions = {}): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const row of rowsByRecord(frame, options)) rows.push(row)
  return rows
}

/** The same frame, written to files by records. */
export function byRecord(frame: Frame): Frame {
  const sink = async (_plan: unknown, target: SinkTarget) => {
    const { run, schema, batches } = await rowRun(frame)
    try {
      return await drain(batches, await openSink(target, schema, run))
    } finally {
      await run.finish()
    }
  }
  return new PlannedFrame(frame.plan, Object.create(frame.runtime, { sink: { value: sink } }) as FrameRuntime)
}
