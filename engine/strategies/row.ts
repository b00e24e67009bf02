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
import { RowError } from '../kernels/kernel.js'
import { persistBatch, releaseBatch } from '../kernels/vectors.js'
import type { PlanPiece } from '../metrics/plan-part.js'
import { moduleCall, type NamedCall } from '../operators/map.js'
import { top } from '../operators/top.js'
import type { Run } from '../run.js'
import { componentBatches } from './component.js'
import { limitBatches } from './limit.js'
import { type Pipeline, type PipelineSource, type PipelineStep, sourceSchema } from './pipeline.js'
import { supportsRecords } from './row/bounded.js'
import { aggregateRecords, sortRecords, windowRecords } from './row/breakers.js'
import { type RecordWork, stageContext, Turns } from './row/context.js'
import { mapRecords, mapSlices } from './row/functions.js'
import { RecordJoin } from './row/joins.js'
import { StageMeter } from './row/measure.js'
import { isRecordStep, RecordProgram, type RecordStep } from './row/records.js'
import { scanSlices } from './row/scan.js'
import { describeFailure, type OnReject, SliceCutter, type Slices } from './row/slices.js'
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

  constructor(
    readonly run: Run,
    options: RowOptions = {},
  ) {
    this.onReject = options.onReject
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
        this.meter.source(source, this.sourceSlices(source)),
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
        case 'project': {
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
    const program = new RecordProgram(context, schema, steps, this.onReject)
    for await (const slice of input) {
      const out = program.run(slice)
      if (out !== null) yield out
      context.resetScratch()
    }
    context.freeScratch()
  }

  private async *top(input: Slices, { keys, limit }: Extract<PipelineStep, { kind: 'top' }>): Slices {
    const context = stageContext(this.run, 'top')
    for await (const { batch, origin } of input) {
      try {
        yield { batch: top(context, keys, limit, batch), origin: { ...origin, isKnown: false } }
      } catch (error) {
        const record = error instanceof RowError ? error.row : -1
        throw describeFailure(error, 'sort', keys[0].expression, origin, record)
      }
      context.resetScratch()
    }
    context.freeScratch()
  }

  private mapped(input: Slices, mode: 'batch' | 'row', schema: Schema, call: NamedCall): Slices {
    const context = stageContext(this.run, 'map')
    return mode === 'batch'
      ? mapSlices(context, call, schema, input)
      : mapRecords(context, call, schema, input, this.onReject)
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
        return this.cut(source.batches())
      default:
        return unreachable(source)
    }
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
