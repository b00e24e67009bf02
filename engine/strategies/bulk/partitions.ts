/**
 * Rows in partitions by the hashes of their keys, in a spill file: what has no room as a whole is worked on partition by
 * partition. A partition that turns out too large can be split by other bits of the same hashes.
 *
 * Source: Kitsuregawa, Tanaka, Moto-oka, "Application of hash to data base machine and its architecture" (1983).
 */

import type { Batch } from '../../../io/batch.js'
import type { SpillFile } from '../../../io/spill/spill-file.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { field, INT64, type Schema, schemaOf } from '../../../planner/types.js'
import type { PlanPart } from '../../metrics/plan-part.js'
import { type PartitionTarget, PIECE_FIELDS } from '../../operators/partition.js'
import { SPILLED_FIELDS, type SpilledMorsel } from '../../operators/spilled-pieces.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainEnd, ChainStep, TaskMorsel } from '../../workers/messages.js'
import { MorselFeed } from './feed.js'
import { SpillFiles } from './spilled-run.js'
import type { BulkWork } from './work.js'

/** Bits of a hash that number partitions where nothing is known of the input, and at least and at most. */
const UNKNOWN_BITS = 6
const LEAST_BITS = 3
const MOST_BITS = 9
/** A partition is split by so many bits, and no more once so many are used: few rows differ in later ones only. */
const SPLIT_BITS = 4
const MOST_SKIP = 20

/** What a task gathers before it writes, and reads at a time: this part of the shared memory, within bounds. */
const TASKS_IN_MEMORY = 16
const MOST_TASK_BYTES = 16 << 20
const MORSELS_IN_MEMORY = 40
const MOST_MORSEL_BYTES = 4 << 20
const MOST_MORSEL_ROWS = 131_072

export interface PartitionOptions {
  /** Of the rows. */
  readonly schema: Schema
  /** Over the rows. Those with equal values of all, null being one, are in one partition. */
  readonly keys: readonly TypedExpression[]
  /** True to write each row's position (see `ChainEnd`) as a last column. */
  readonly positions?: boolean
  /** There are 2 ** `bits` partitions. */
  readonly bits: number
  /** Bits of the hashes that are used up. */
  readonly skip?: number
}

export class Partitions {
  /** Of what is written: with the position, if it is. */
  readonly schema: Schema
  readonly count: number
  /** Of each partition the numbers of its pieces, as a `SpilledMorsel` has them. */
  private readonly pieces: number[][]
  private readonly sizes: { rows: number; bytes: number }[]

  private constructor(
    private readonly work: BulkWork,
    private readonly operator: OperatorHandle,
    private readonly options: PartitionOptions,
    private readonly files: SpillFiles,
    private readonly file: SpillFile,
  ) {
    const { schema, positions, bits } = options
    this.schema = positions === true ? schemaOf([...schema.fields, field('position', INT64)]) : schema
    this.count = 2 ** bits
    this.pieces = Array.from({ length: this.count }, () => [])
    this.sizes = Array.from({ length: this.count }, () => ({ rows: 0, bytes: 0 }))
  }

  /** They are to be released. What tasks allocate is counted for `operator`. */
  static async create(work: BulkWork, operator: OperatorHandle, options: PartitionOptions): Promise<Partitions> {
    const files = new SpillFiles(work.run)
    return new Partitions(work, operator, options, files, await files.create())
  }

  rows(partition: number): number {
    return this.sizes[partition].rows
  }

  /** In the file: about what the rows take in memory. */
  bytes(partition: number): number {
    return this.sizes[partition].bytes
  }

  get bits(): number {
    return this.options.bits
  }

  get keys(): readonly TypedExpression[] {
    return this.options.keys
  }

  /** Where tasks write rows; the pieces that they answer with are to be added. */
  get target(): PartitionTarget {
    const { bits, skip = 0 } = this.options
    const taskBytes = Math.min(MOST_TASK_BYTES, this.work.run.memory.limit / TASKS_IN_MEMORY)
    return { file: this.file, bits, skip, taskBytes }
  }

  /** The end of a chain that writes its rows here. */
  end(node?: PlanPart): ChainEnd {
    const { keys, positions = false } = this.options
    const end: ChainEnd = { kind: 'partition', keys, positions, target: this.target }
    return node === undefined ? end : { ...end, node }
  }

  /** Takes what a task wrote: `PIECE_FIELDS` numbers for each piece. */
  add(pieces: Float64Array): void {
    let written = 0
    for (let at = 0; at < pieces.length; at += PIECE_FIELDS) {
      const partition = pieces[at]
      const [bytes, rows] = [pieces[at + 2], pieces[at + 3]]
      const size = this.sizes[partition]
      this.pieces[partition].push(pieces[at + 1], bytes, rows)
      size.rows += rows
      size.bytes += bytes
      written += bytes
    }
    this.operator.span.spilled(written)
  }

  /** Writes the rows of a feed behind steps, to its end, and closes it. `node` is what this is measured as. */
  async fill(feed: MorselFeed<TaskMorsel>, steps: readonly ChainStep[], node?: PlanPart): Promise<void> {
    try {
      for await (const { pieces } of this.work.chain(feed, steps, this.end(node), this.operator)) {
        if (pieces !== null) this.add(pieces)
      }
    } finally {
      await feed.close()
    }
  }

  /** The same of batches in shared memory, which it takes over. */
  fillFrom(batches: AsyncGenerator<Batch>): Promise<void> {
    const rows = async () => ({ kind: 'batches', batches }) as const
    return this.fill(this.work.feed({ kind: 'stream', schema: this.options.schema, rows }), [])
  }

  /** The rows of a partition, some at a time. */
  morselsOf(partition: number): SpilledMorsel[] {
    return [...this.morsels(partition, Math.min(MOST_MORSEL_BYTES, this.work.run.memory.limit / MORSELS_IN_MEMORY))]
  }

  /** The same for chains. */
  feed(partition: number): MorselFeed<SpilledMorsel> {
    const morsels = this.morselsOf(partition)
    const each = async function* () {
      yield* morsels
    }
    return new MorselFeed({ kind: 'spilled', schema: this.schema }, each(), morsels.length)
  }

  /** All rows of a partition in one contiguous batch, which is the caller's. */
  async load(partition: number): Promise<Batch> {
    const [morsel] = this.morsels(partition, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    return (await this.operator.task('loadPieces', { morsel: morsel ?? this.morsel([], 0, 0) })).batch
  }

  /** Forgets where the rows of a partition lie, of which there may be many pieces: nobody reads them again. */
  drop(partition: number): void {
    this.pieces[partition] = []
  }

  /** Whether another split could help a partition. */
  canSplit(partition: number): boolean {
    const { bits, skip = 0 } = this.options
    return this.rows(partition) > 1 && skip + bits + SPLIT_BITS <= MOST_SKIP
  }

  /** The rows of one partition in partitions of their own; those here stay. */
  async split(partition: number): Promise<Partitions> {
    const { keys, bits, skip = 0 } = this.options
    const { work, operator, schema } = this
    const parts = await Partitions.create(work, operator, { schema, keys, bits: SPLIT_BITS, skip: skip + bits })
    await parts.fill(this.feed(partition), [])
    return parts
  }

  /** Removes the file: no task reads or writes it any more. */
  async release(): Promise<void> {
    await this.files.remove(this.file)
    this.files.release()
  }

  /** Runs of pieces, of at most so many bytes and rows unless a piece alone has more. */
  private *morsels(partition: number, mostBytes: number, mostRows = MOST_MORSEL_ROWS): Generator<SpilledMorsel> {
    const pieces = this.pieces[partition]
    let [start, bytes, rows, firstRow] = [0, 0, 0, 0]
    for (let at = 0; at < pieces.length; at += SPILLED_FIELDS) {
      const [pieceBytes, pieceRows] = [pieces[at + 1], pieces[at + 2]]
      if (at > start && (bytes + pieceBytes > mostBytes || rows + pieceRows > mostRows)) {
        yield this.morsel(pieces.slice(start, at), rows, firstRow)
        firstRow += rows
        ;[start, bytes, rows] = [at, 0, 0]
      }
      bytes += pieceBytes
      rows += pieceRows
    }
    if (rows > 0) yield this.morsel(pieces.slice(start), rows, firstRow)
  }

  private morsel(pieces: readonly number[], rows: number, firstRow: number): SpilledMorsel {
    const { schema, file } = this
    return { kind: 'spilled', schema, path: file.path, pieces: Float64Array.from(pieces), rows, firstRow }
  }
}

/** What is known of rows that are about to be put into partitions. */
export interface KnownRows {
  /** In memory. */
  readonly bytes: number
  /** Morsels that they come of, and of the whole input, where that is known. */
  readonly taken: number
  readonly total: number | null
}

/** Bits that number partitions of about `partitionBytes`. */
export function partitionBits({ bytes, taken, total }: KnownRows, partitionBytes: number): number {
  if (total === null || taken === 0 || bytes === 0) return UNKNOWN_BITS
  const expected = (bytes / taken) * Math.max(total, taken)
  return Math.max(LEAST_BITS, Math.min(MOST_BITS, Math.ceil(Math.log2(expected / partitionBytes))))
}
