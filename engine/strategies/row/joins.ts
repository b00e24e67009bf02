/** Hash joins: the bounded side is gathered into a table, which the records of the other one probe. */

import type { Batch, Vector } from '../../../io/batch.js'
import { evaluateGathered } from '../../kernels/evaluate.js'
import { persist, releaseBatch, releaseVector } from '../../kernels/vectors.js'
import { JoinTable, releaseJoinTable } from '../../operators/join.js'
import { type ProbeStep, unmatchedBuild } from '../../operators/probe.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { JoinStep } from '../pipeline.js'
import { gathered } from './breakers.js'
import { type RecordWork, stageContext } from './context.js'
import { MOST_ROWS, type Slices } from './slices.js'
import { probedSlices } from './stages.js'

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

  probe(slices: Slices): Slices {
    return probedSlices(this.context, this.step, slices)
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
}

function builtTable(context: TaskContext, keys: readonly Vector[], rows: number, trackMatches: boolean): number {
  const table = JoinTable.create(context, { trackMatches }, keys, rows)
  table.insertRange(0, rows)
  context.resetScratch()
  return table.address
}
