/** What the stages of a run by records share. */

import type { Batch } from '../../../io/batch.js'
import { createKernelContext } from '../../kernels/context.js'
import { NO_SPAN, type NodeSpan } from '../../metrics/span.js'
import type { Run } from '../../run.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Pipeline } from '../pipeline.js'
import type { StageMeter } from './measure.js'
import type { OnReject, Slices } from './slices.js'

/** What stages and breakers use of the strategy. */
export interface RecordWork {
  readonly run: Run
  readonly onReject: OnReject | undefined
  readonly meter: StageMeter
  /** The result of a pipeline in order. The consumer owns the batches and may stop early. */
  batches(pipeline: Pipeline): AsyncGenerator<Batch>
  /** The same as slices, which stay the producer's. */
  slices(pipeline: Pipeline): Slices
}

/**
 * A context whose scratch is used by one stage alone, since what a stage hands on stays there until it is asked again.
 * What it allocates is counted for `label`, and told to `span`.
 */
export function stageContext(run: Run, label: string, span: NodeSpan = NO_SPAN): TaskContext {
  const kernels = createKernelContext(run.memory, run.context.wasm, run.handle.owner)
  return { ...run.operator(label, undefined, span).context, ...kernels }
}

const TURN_MS = 10

/** Lets timers, signals and other runs have their turn from time to time, as records never wait by themselves. */
export class Turns {
  private last = performance.now()

  constructor(private readonly run: Run) {}

  /** Throws if the run was cancelled. */
  async pass(): Promise<void> {
    if (performance.now() - this.last >= TURN_MS) {
      await new Promise(setImmediate)
      this.last = performance.now()
    }
    this.run.throwIfCancelled()
  }
}
