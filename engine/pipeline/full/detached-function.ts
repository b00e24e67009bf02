/** A function that is no part of a plan: it works in its stage's placement, on one batch after the other. */

import type { Batch } from '../../../io/batch.js'
import type { Frame } from '../../../planner/frame.js'
import type { Placement, ProcessorStage } from '../../../planner/pipeline/definition.js'
import { slicesOf } from '../extract/slices.js'
import type { StageBody } from '../placements/body.js'
import { openWork } from '../placements/open.js'
import type { BatchTable, PipelineServices } from '../services.js'
import type { Loading } from '../shared-inputs.js'
import type { Output, StageWork } from '../stage.js'
import type { FunctionTransform } from '../transforms/apply-transforms.js'
import { withSchema } from './loading.js'

const MAIN = 'main'

export class DetachedFunction {
  /** What left by other ports than `main`. */
  private readonly emitted = new Map<string, Batch[]>()
  private readonly tables = new Map<string, BatchTable>()

  constructor(
    private readonly stage: ProcessorStage,
    private readonly transform: FunctionTransform,
    private readonly services: PipelineServices,
    private readonly batchRows: number,
  ) {}

  /** What the function makes of the batches, which it takes over. */
  async load(input: AsyncGenerator<Batch>): Promise<Loading> {
    const { function: definition, schema } = this.transform
    const body: StageBody = { kind: 'function', function: definition, schema }
    const work = await openWork({ id: this.stage.id, body }, this.placement(), this.services)
    return withSchema(schema, this.outputs(work, input))
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

  /** A default gives way to the only placement that can carry a closure. */
  private placement(): Placement {
    const { placement } = this.stage
    const isDefault = placement === null || placement.kind === 'threads'
    if (isDefault && this.transform.function.kind === 'closure') return { kind: 'inline' }
    return placement ?? { kind: 'threads', maxThreads: null }
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
