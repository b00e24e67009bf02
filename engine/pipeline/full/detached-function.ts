/** What is no part of a plan: a function, or a whole stage, that works in its placement on one batch after the other. */

import type { Batch } from '../../../io/batch.js'
import type { Frame } from '../../../planner/frame.js'
import type { Placement } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'
import { slicesOf } from '../extract/slices.js'
import { givesWay, type PlacedProcessor, type StageBody } from '../placements/body.js'
import { openWork } from '../placements/open.js'
import type { BatchTable, PipelineServices } from '../services.js'
import type { Loading } from '../shared-inputs.js'
import type { Output, StageWork } from '../stage.js'
import type { FunctionTransform } from '../transforms/apply-transforms.js'
import { withSchema } from './loading.js'

const MAIN = 'main'

export class DetachedWork {
  /** What left by other ports than `main`. */
  private readonly emitted = new Map<string, Batch[]>()
  private readonly tables = new Map<string, BatchTable>()

  constructor(
    private readonly open: () => Promise<StageWork>,
    /** Of what it puts out; null: that of the first output. */
    private readonly schema: Schema | null,
    private readonly services: PipelineServices,
    private readonly batchRows: number,
  ) {}

  /** What it makes of the batches, which it takes over. */
  async load(input: AsyncGenerator<Batch>): Promise<Loading> {
    return withSchema(this.schema, this.outputs(await this.open(), input))
  }

  /** What left by a port; null if nothing did. To be asked when all was loaded. */
  port(name: string): Frame | null {
    const known = this.tables.get(name)
    if (known !== undefined) return known.frame
    const batches = this.emitted.get(name)
    if (batches === undefined) return null
    const table = this.services.tableOf(batches[0].schema, batches)
    this.emitted.delete(name)
    this.tables.set(name, table)
    return table.frame
  }

  async close(): Promise<void> {
    for (const table of this.tables.values()) await table.close()
  }

  /** Outputs come in the order of the inputs. */
  private async *outputs(work: StageWork, input: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
    const pending: Promise<readonly Output[]>[] = []
    try {
      for await (const whole of input) {
        for (const { batch } of slicesOf(whole, this.batchRows, this.services)) {
          const outputs = work.process(batch)
          // Whoever waits for it is told.
          outputs.catch(() => undefined)
          pending.push(outputs)
          if (pending.length >= work.concurrency) yield* this.divide(await pending[0], pending)
        }
      }
      while (pending.length > 0) yield* this.divide(await pending[0], pending)
      yield* this.divide(await work.finish(), pending)
    } finally {
      await Promise.allSettled(pending)
      await work.close()
    }
  }

  private *divide(outputs: readonly Output[], pending: Promise<readonly Output[]>[]): Generator<Batch> {
    pending.shift()
    for (const { port, batch } of outputs) {
      if (port === MAIN) yield batch
      else this.emitted.set(port, [...(this.emitted.get(port) ?? []), batch])
    }
  }
}

/** Opens a function in its stage's placement. */
export function openDetached(
  stage: PlacedProcessor,
  { function: definition, schema }: FunctionTransform,
  services: PipelineServices,
): Promise<StageWork> {
  const body: StageBody = { kind: 'function', function: definition, schema }
  return openWork({ id: stage.id, body }, detachedPlacement(stage), services)
}

/** A default gives way to the only placement that can carry a closure. */
export function detachedPlacement(stage: PlacedProcessor): Placement {
  return givesWay(stage) ? { kind: 'inline' } : (stage.placement ?? { kind: 'threads', maxThreads: null })
}
