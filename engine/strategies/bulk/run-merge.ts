/** A merge of sorted runs, in parts that are merged by tasks of their own. */

import { spilledBatch } from '../../../io/spill/spill-reader.js'
import { InternalError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import { releaseVector } from '../../kernels/vectors.js'
import type { KeyPlace } from '../../operators/sort/keys.js'
import type { MergePart } from '../../operators/sort/spilled-runs.js'
import type { OperatorHandle } from '../../run.js'
import type { SortVector } from '../../workers/messages.js'
import { LoadedBatches } from './loaded-batches.js'
import { mergeSchedule, type ScheduledPart } from './merge-schedule.js'
import type { SpilledRun } from './spilled-run.js'

export class RunMerge {
  private constructor(
    private readonly operator: OperatorHandle,
    private readonly schema: Schema,
    private readonly keys: readonly KeyPlace[],
    private readonly firsts: readonly SortVector[],
    private readonly loaded: LoadedBatches,
    private readonly schedule: Generator<ScheduledPart, void, undefined>,
    readonly parts: number,
  ) {}

  /** Of runs with the columns of `schema`; `step` batches begin in each part. The runs must outlast the merge. */
  static async begin(
    operator: OperatorHandle,
    schema: Schema,
    keys: readonly KeyPlace[],
    runs: readonly SpilledRun[],
    step: number,
  ): Promise<RunMerge> {
    const batches = runs.flatMap((run) => run.batches)
    const firsts = await firstsOf(operator, schema, keys, runs)
    const order = await orderOf(operator, firsts, batches.length)
    const lengths = runs.map((run) => run.batches.length)
    const loaded = new LoadedBatches(operator, batches)
    const parts = Math.ceil(batches.length / step)
    return new RunMerge(operator, schema, keys, firsts, loaded, mergeSchedule(order, lengths, step), parts)
  }

  /** Does the next part. */
  next<T>(work: (part: MergePart) => Promise<T>): Promise<T> {
    const { value: part } = this.schedule.next()
    if (part === undefined) throw new InternalError(`a merge has ${this.parts} parts`)
    const { schema, keys, firsts } = this
    const { from, to } = part
    return this.loaded.with(part, (segments) => work({ schema, keys, firsts, segments, from, to }))
  }

  /** Releases all that it holds; no part is under way any more. */
  async release(): Promise<void> {
    for (const { vector } of this.firsts) releaseVector(this.operator.context, vector)
    await this.loaded.release()
  }
}

/** Keys of the first rows of all batches. */
async function firstsOf(
  operator: OperatorHandle,
  schema: Schema,
  keys: readonly KeyPlace[],
  runs: readonly SpilledRun[],
): Promise<SortVector[]> {
  const { context } = operator
  const fields = keys.map(({ column }) => schema.fields[column])
  const { blocks } = await operator.task('loadSpilled', { batches: runs.flatMap((run) => run.firsts) })
  const pieces = blocks.map((block) => spilledBatch(context.memory, { fields }, block))
  const firsts = await Promise.all(
    keys.map(async ({ descending, nullsFirst }, key) => {
      const vectors = pieces.map(({ columns }) => columns[key])
      const { vector } = await operator.task('concat', { vectors, type: fields[key].type })
      return { vector, descending, nullsFirst }
    }),
  )
  for (const block of blocks) context.release(block)
  return firsts
}

/** The numbers of the batches in the order of their first rows. */
async function orderOf(operator: OperatorHandle, firsts: readonly SortVector[], count: number): Promise<Uint32Array> {
  const { context } = operator
  const { address } = await operator.task('sortRange', { keys: firsts, rows: count, start: 0, end: count, limit: null })
  const order = context.memory.u32.slice(address / 4, address / 4 + count)
  context.release(address)
  return order
}
