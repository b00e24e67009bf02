/** Hash joins: the bounded side is gathered into a table, which the records of the other one probe. */

import type { Batch, Vector } from '../../../io/batch.js'
import { evaluateGathered } from '../../kernels/evaluate.js'
import { RowError } from '../../kernels/kernel.js'
import { persist, releaseBatch, releaseVector } from '../../kernels/vectors.js'
import { JoinTable, releaseJoinTable } from '../../operators/join.js'
import { type ProbeStep, probe, unmatchedBuild } from '../../operators/probe.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { JoinStep } from '../pipeline.js'
import { gathered } from './breakers.js'
import { type RecordWork, stageContext } from './context.js'
import { describeFailure, MOST_ROWS, originOfRows, type Slice, type Slices } from './slices.js'

/** A join whose table is built, until it is released. */
export class RecordJoin {
  private constructor(
    private readonly context: TaskContext,
    private readonly step: ProbeStep,
    private readonly whole: Batch,
    private readonly keys: readonly Vector[],
  ) {}

  static async build(work: RecordWork, join: JoinStep): Promise<RecordJoin> {
    const context = stageContext(work.run, 'join build', work.meter.span(join))
    const whole = await gathered(work, context, join, join.build)
    const keys = evaluateGathered(context, join.buildKeys, whole).map((key) => persist(context, context.allocate, key))
    context.resetScratch()
    const columns = join.buildColumns.map((index) => whole.columns[index])
    const build: Batch = { schema: join.build.schema, length: whole.length, columns }
    const { how, schema, probeKeys } = join
    const table = how === 'cross' ? 0 : builtTable(context, keys, whole.length, how === 'full')
    return new RecordJoin(context, { kind: 'probe', how, schema, keys: probeKeys, table, build }, whole, keys)
  }

  async *probe(slices: Slices): Slices {
    const { context, step } = this
    for await (const { batch, origin } of slices) {
      const parts = this.located({ batch, origin })
      for (;;) {
        const mark = context.markScratch()
        const next = parts.next()
        if (next.done === true) break
        const { probeRows, length } = next.value
        const rows = new Uint32Array(length)
        rows.set(context.memory.u32.subarray(probeRows / 4, probeRows / 4 + length))
        yield {
          batch: { schema: step.schema, length, columns: next.value.columns },
          origin: originOfRows(origin, rows),
        }
        context.rewindScratch(mark)
        context.checkCancelled()
      }
      context.resetScratch()
    }
  }

  /** The build rows that no record has matched. */
  async *unmatched(): Slices {
    const { context, step } = this
    for (let start = 0; start < step.build.length; start += MOST_ROWS) {
      context.checkCancelled()
      const batch = unmatchedBuild(context, step, start, Math.min(MOST_ROWS, step.build.length - start))
      if (batch.length > 0) yield { batch, origin: { firstRow: 0, rows: null, isKnown: false } }
      context.resetScratch()
    }
  }

  release(): void {
    const { context, step, whole, keys } = this
    if (step.table !== 0) releaseJoinTable(context, step.table)
    for (const key of keys) releaseVector(context, key)
    releaseBatch(context, whole)
    context.freeScratch()
  }

  private located({ batch, origin }: Slice) {
    const { context, step } = this
    try {
      return probe(context, step, batch)
    } catch (error) {
      throw describeFailure(error, 'join', step.keys[0], origin, error instanceof RowError ? error.row : -1)
    }
  }
}

function builtTable(context: TaskContext, keys: readonly Vector[], rows: number, trackMatches: boolean): number {
  const table = JoinTable.create(context, { trackMatches }, keys, rows)
  table.insertRange(0, rows)
  context.resetScratch()
  return table.address
}
