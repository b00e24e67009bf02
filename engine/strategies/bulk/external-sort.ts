/**
 * Sorting of more rows than the memory holds. The input is cut into runs, each as large as there is room for, which are
 * sorted and written to files; then the runs are merged, of each of which a batch is in memory. Where there are too many
 * runs for that, neighbours are merged into longer runs first.
 *
 * Source: Knuth, "The Art of Computer Programming", volume 3, 5.4, with the parts of a merge in parallel.
 */

import { type Batch, sliceBatch } from '../../../io/batch.js'
import type { Schema } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { KeyPlace } from '../../operators/sort/keys.js'
import type { SpillTarget } from '../../operators/sort/spill.js'
import type { MergePart } from '../../operators/sort/spilled-runs.js'
import type { OperatorHandle } from '../../run.js'
import { orderedMap } from '../ordered-map.js'
import { cutRuns } from './cut-runs.js'
import { RunMerge } from './run-merge.js'
import type { Gathered } from './sort-input.js'
import { sortedRuns } from './sorted-runs.js'
import { type SpilledRun, SpillFiles, spilledRun } from './spilled-run.js'
import { taskBounds } from './task-bounds.js'
import { type BulkWork, contiguous, range } from './work.js'

/** A batch of a file is this part of the room, within bounds. */
const BATCHES_IN_ROOM = 320
const MOST_BATCH_BYTES = 1 << 18
const LEAST_BATCH_BYTES = 1 << 10
const MOST_BATCH_ROWS = 16_384
/** The part of the room for the batches of runs that wait for their turn. */
const WAITING_SHARE = 0.5
/** What begins in a part of a merge: this part of the room, within bounds. */
const PARTS_IN_ROOM = 16
const MOST_PART_BYTES = 1 << 22
/** Parts under way, of which those that wait for their turn have rows in memory: this part of the room, within bounds. */
const PARTS_SHARE = 0.35
const MOST_PARTS = 24

export interface ExternalSortOptions {
  /** Columns of the input: those to put out, and computed keys behind them. */
  readonly schema: Schema
  /** How many of the columns are put out. */
  readonly columns: number
  readonly keys: readonly KeyPlace[]
  readonly limit: number | null
}

export class ExternalSort {
  private readonly runs: SpilledRun[] = []
  private readonly files: SpillFiles
  /** What may be held while runs are merged. */
  private readonly roomBytes: number
  private readonly batchBytes: number
  private readonly partBytes: number

  constructor(
    private readonly work: BulkWork,
    private readonly operator: OperatorHandle,
    private readonly options: ExternalSortOptions,
  ) {
    this.files = new SpillFiles(work.run)
    this.roomBytes = work.switching.sortBytes
    const bytes = Math.min(MOST_BATCH_BYTES, this.roomBytes / BATCHES_IN_ROOM)
    this.batchBytes = Math.max(LEAST_BATCH_BYTES, bytes)
    this.partBytes = Math.min(MOST_PART_BYTES, this.roomBytes / PARTS_IN_ROOM)
  }

  /** Writes the next rows of the input, sorted, to files. Takes over the pieces. */
  async add(gathered: Gathered): Promise<void> {
    for (const part of cutRuns(gathered, this.work.run.memory, this.roomBytes)) await this.write(part)
  }

  private async write({ pieces, rows, bytes }: Gathered): Promise<void> {
    const { operator, work } = this
    const { schema, keys, limit } = this.options
    const whole = await contiguous(operator, schema, pieces)
    const vectors = keys.map(({ column, ...direction }) => ({ ...direction, vector: whole.columns[column] }))
    const runs = await sortedRuns(operator, work.run.pool.threads, vectors, rows, limit)
    const total = Math.min(rows, limit ?? rows)
    const target = await this.target(bytes / rows)
    const written = await Promise.all(
      taskBounds(total, target.batchRows, this.runs.length).map(([from, to]) =>
        operator.task('spillSorted', { keys: vectors, runs, batch: whole, from, to, target }),
      ),
    )
    for (const { address } of runs) operator.context.release(address)
    releaseBatch(operator.context, whole)
    this.runs.push(spilledRun(operator, target.file, written))
  }

  /** All rows in order; takes the runs with it. */
  async *merged(): AsyncGenerator<Batch> {
    await this.mergeToFew()
    const { columns, limit } = this.options
    let left = limit ?? Number.POSITIVE_INFINITY
    const merge = await this.merge(this.runs)
    try {
      const release = (batch: Batch) => releaseBatch(this.operator.context, batch)
      const parts = this.parts(
        merge,
        (part) => this.operator.task('mergeSpilled', { part, columns }),
        ({ batches }) => batches.forEach(release),
      )
      for await (const { batches } of parts) {
        for (const batch of batches) {
          const rows = Math.min(left, batch.length)
          left -= rows
          if (rows > 0) yield sliceBatch(batch, 0, rows)
          else release(batch)
        }
        if (left === 0) break
      }
    } finally {
      await merge.release()
      await this.discard(this.runs.splice(0))
      this.files.release()
    }
  }

  /** Merges neighbours until a batch of each run has room in memory. */
  private async mergeToFew(): Promise<void> {
    const most = Math.max(2, Math.floor((this.roomBytes * WAITING_SHARE) / this.batchBytes))
    for (let at = 0; this.runs.length > most; at++) {
      const count = Math.min(most, this.runs.length - most + 1, this.runs.length - at)
      if (count < 2) at = -1
      else {
        const neighbours = this.runs.slice(at, at + count)
        this.runs.splice(at, count, await this.rewritten(neighbours))
        await this.discard(neighbours)
      }
    }
  }

  /** One run of the rows of several. */
  private async rewritten(runs: readonly SpilledRun[]): Promise<SpilledRun> {
    const { operator } = this
    const batches = runs.flatMap((run) => run.batches)
    const [bytes, rows] = batches.reduce(([sum, count], one) => [sum + one.bytes, count + one.rows], [0, 0])
    const target = await this.target(bytes / rows)
    const merge = await this.merge(runs)
    const parts = this.parts(merge, (part) => operator.task('respillMerged', { part, target }))
    try {
      const written = []
      for await (const part of parts) written.push(part)
      return spilledRun(operator, target.file, written)
    } finally {
      await merge.release()
    }
  }

  /** What `work` makes of the parts of a merge, in order. */
  private parts<T>(
    merge: RunMerge,
    work: (part: MergePart) => Promise<T>,
    discard: (result: T) => void = () => {},
  ): AsyncGenerator<T> {
    const { run, window } = this.work
    // A part takes a fraction of the time of a task of whoever takes the rows: while a thread does that, others go on.
    const most = Math.min(MOST_PARTS, Math.floor((this.roomBytes * PARTS_SHARE) / this.partBytes))
    return orderedMap(
      range(merge.parts),
      () => (run.memory.isCrowded ? 1 : Math.max(window, most)),
      () => merge.next(work),
      discard,
      () => run.stop(),
    )
  }

  private merge(runs: readonly SpilledRun[]): Promise<RunMerge> {
    const step = Math.max(1, Math.round(this.partBytes / this.batchBytes))
    return RunMerge.begin(this.operator, this.options.schema, this.options.keys, runs, step)
  }

  /** A fresh file for batches of rows of `rowBytes`. */
  private async target(rowBytes: number): Promise<SpillTarget> {
    const rows = Math.floor(this.batchBytes / Math.max(1, rowBytes))
    const batchRows = Math.min(MOST_BATCH_ROWS, Math.max(1, rows))
    const { schema, keys } = this.options
    return { file: await this.files.create(), schema, keys, batchRows }
  }

  private async discard(runs: readonly SpilledRun[]): Promise<void> {
    for (const run of runs) await this.files.remove(run.file)
  }
}
