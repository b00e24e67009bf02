/**
 * The row strategy: one thread, one record after the other, and no more memory than a row group of the input.
 *
 * The pipelines are those of bulk. Filters and projections are compiled into programs that every record passes on its
 * own; the records of a slice that are left go on to the next step at once. The first slices are small and a slice
 * never waits for the next one, so that results come while the input goes on, however slowly.
 *
 *   scan → records → join → records → function → ...     slices, pulled by whoever takes the result
 *
 * A slice belongs to the stage that made it and lies in its scratch until it is asked for the next.
 */

import type { Batch } from '../../io/batch.js'
import { unreachable } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import { persistBatch, releaseBatch } from '../kernels/vectors.js'
import type { PlanPiece } from '../metrics/plan-part.js'
import { moduleCall, type NamedCall } from '../operators/map.js'
import { type RejectedRecord, rejectedRecord } from '../recovery/rejected-record.js'
import type { Run } from '../run.js'
import { batchesOf } from './bigdata/staged-rows.js'
import { retriedCall } from './closures.js'
import { componentBatches } from './component.js'
import { limitBatches } from './limit.js'
import { type Pipeline, type PipelineSource, type PipelineStep, sourceSchema } from './pipeline.js'
import { supportsRecords } from './row/bounded.js'
import { aggregateRecords, sortRecords, windowRecords } from './row/breakers.js'
import { type RecordWork, stageContext, Turns } from './row/context.js'
import { mapRecords, mapSlices } from './row/functions.js'
import { RecordJoin } from './row/joins.js'
import { StageMeter } from './row/measure.js'
import { isRecordStep, type RecordStep } from './row/records.js'
import { scanSlices } from './row/scan.js'
import { type OnReject, SliceCutter, type Slices } from './row/slices.js'
import { recordSlices, topSlices } from './row/stages.js'
import type { Unsupported } from './strategy.js'

export type { OnReject, Reject } from './row/slices.js'

export interface RowOptions {
  /**
   * Takes the records that a filter, projection or function of one row fails for, which are then left out. Without it
   * the first ends the run.
   */
  readonly onReject?: OnReject
}

export class RowStrategy implements RecordWork {
  readonly onReject: OnReject | undefined
  readonly meter: StageMeter
  private readonly turns: Turns
  /** What nobody has been told of yet. */
  private readonly rejected: RejectedRecord[] = []

  constructor(
    readonly run: Run,
    options: RowOptions = {},
  ) {
    const { rejects } = run.recovery
    this.onReject =
      options.onReject ?? (rejects === null ? undefined : (reject) => this.rejected.push(rejectedRecord(reject)))
    this.meter = new StageMeter(run)
    this.turns = new Turns(run)
  }

  static supports(pipeline: Pipeline): true | Unsupported {
    return supportsRecords(pipeline)
  }

  async *batches(pipeline: Pipeline): AsyncGenerator<Batch> {
    const context = stageContext(this.run, 'output')
    for await (const { batch } of this.slices(pipeline)) {
      const kept = persistBatch(context, context.allocate, batch)
      context.resetScratch()
      yield { ...kept, schema: pipeline.schema }
    }
    context.freeScratch()
  }

  async *slices({ source, steps, schema }: Pipeline): Slices {
    const joins: RecordJoin[] = []
    try {
      for await (const slice of await this.staged(
        this.settled(this.meter.source(source, this.sourceSlices(source))),
        sourceSchema(source),
        steps,
        joins,
      )) {
        yield { ...slice, batch: { ...slice.batch, schema } }
      }
    } finally {
      for (const join of joins) join.release()
    }
  }

  /** Hands over what steps have rejected of a slice before the next one passes them. */
  private async *settled(slices: Slices): Slices {
    const settle = () => this.run.recovery.rejects?.take(this.rejected.splice(0), this.run.context.checkCancelled)
    try {
      for await (const slice of slices) {
        await settle()
        yield slice
      }
    } finally {
      await settle()
    }
  }

  /** Slices behind some steps, which take `schema`. Joins are built first, and the caller's to release. */
  private async staged(
    input: Slices,
    schema: Schema,
    steps: readonly PipelineStep[],
    joins: RecordJoin[],
  ): Promise<Slices> {
    let slices = input
    let current = schema
    for (let next = 0; next < steps.length; ) {
      const step = steps[next]
      switch (step.kind) {
        case 'filter':
        case 'project':
        case 'check': {
          const rest = steps.slice(next)
          const end = rest.findIndex((one) => !isRecordStep(one))
          // What is measured step by step is not fused.
          const fused = rest.slice(0, this.meter.isOn ? 1 : end < 0 ? rest.length : end).filter(isRecordStep)
          const before = current
          slices = this.meter.stage(step, slices, (input) => this.records(input, before, fused))
          next += fused.length
          break
        }
        case 'top':
          slices = this.meter.stage(step, slices, (input) => this.top(input, step))
          next++
          break
        case 'join': {
          const join = await RecordJoin.build(this, step)
          joins.push(join)
          slices = this.meter.stage(step, slices, (input) => join.probe(input))
          next++
          break
        }
        case 'map': {
          const call = await moduleCall(this.run.context, step.function)
          slices = this.meter.stage(step, slices, (input) => this.mapped(input, step.mode, step.schema, call))
          next++
          break
        }
        default:
          return unreachable(step)
      }
      const last = steps[next - 1]
      if ('schema' in last) current = last.schema
    }
    return slices
  }

  private async *records(input: Slices, schema: Schema, steps: readonly RecordStep[]): Slices {
    const context = stageContext(this.run, 'records')
    yield* recordSlices(context, schema, steps, this.onReject, input)
    context.freeScratch()
  }

  private async *top(input: Slices, step: Extract<PipelineStep, { kind: 'top' }>): Slices {
    const context = stageContext(this.run, 'top')
    yield* topSlices(context, step, input)
    context.freeScratch()
  }

  private mapped(input: Slices, mode: 'batch' | 'row', schema: Schema, call: NamedCall): Slices {
    const context = stageContext(this.run, 'map')
    const retried = retriedCall(this.run, call)
    return mode === 'batch'
      ? mapSlices(context, retried, schema, input)
      : mapRecords(context, retried, schema, input, this.onReject)
  }

  private sourceSlices(source: PipelineSource): Slices {
    switch (source.kind) {
      case 'scan':
        return scanSlices(this, source, this.turns)
      case 'aggregate':
        return this.cut(aggregateRecords(this, source))
      case 'sort':
        return this.cut(sortRecords(this, source))
      case 'window':
        return this.cut(windowRecords(this, source))
      case 'limit':
        return this.cut(
          limitBatches(stageContext(this.run, 'limit'), this.inputOf(source), source.count, source.offset),
        )
      case 'union':
        return this.union(source)
      case 'outerJoin':
        return this.outerJoin(source)
      case 'closure': {
        const { call, label } = source.function
        const named = { call: call as (input: unknown) => unknown, takesOutput: false, label }
        return this.mapped(this.meter.input(source, this.slices(source.input)), source.mode, source.schema, named)
      }
      case 'component':
        return this.cut(componentBatches(this.run, source, this.inputOf(source), this.meter.span(source)))
      case 'stream':
        return this.cut(this.streamed(source))
      default:
        return unreachable(source)
    }
  }

  private async *streamed(source: Extract<PipelineSource, { kind: 'stream' }>): AsyncGenerator<Batch> {
    yield* batchesOf(this.run, source.schema, await source.rows())
  }

  private inputOf(piece: PlanPiece & { readonly input: Pipeline }): AsyncGenerator<Batch> {
    return this.meter.span(piece).input(this.batches(piece.input))
  }

  private async *union(source: Extract<PipelineSource, { kind: 'union' }>): Slices {
    for (const input of source.inputs) yield* this.meter.input(source, this.slices(input))
  }

  /** What the records join with, then what none has matched. */
  private async *outerJoin(source: Extract<PipelineSource, { kind: 'outerJoin' }>): Slices {
    const { input, join } = source
    const built = await RecordJoin.build(this, join)
    try {
      yield* built.probe(this.meter.input(source, this.slices(input)))
      yield* built.unmatched()
    } finally {
      built.release()
    }
  }

  /** Cuts batches, which it takes over, into slices. */
  private async *cut(batches: AsyncGenerator<Batch>): Slices {
    const cutter = new SliceCutter()
    let firstRow = 0
    for await (const batch of batches) {
      try {
        for (const slice of cutter.cut(batch, { firstRow, rows: null, isKnown: true })) {
          await this.turns.pass()
          yield slice
        }
      } finally {
        releaseBatch(this.run.context, batch)
      }
      firstRow += batch.length
    }
  }
}
