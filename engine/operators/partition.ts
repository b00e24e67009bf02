/**
 * Puts rows into partitions by the hashes of their keys, in a spill file. The slices of a task are gathered, so that what
 * is written for a partition, its piece, is as large as may be.
 */

import { type Batch, type Vector, vector } from '../../io/batch.js'
import type { SpillFile } from '../../io/spill/spill-file.js'
import { SpillWriter } from '../../io/spill/spill-writer.js'
import { INT64 } from '../../planner/types.js'
import { concat } from '../kernels/vectors/concat.js'
import { rejoin } from '../kernels/vectors/rejoin.js'
import { persist, plain, releaseBatch, releaseVector, takeBatch } from '../kernels/vectors.js'
import { batchBytes } from '../metrics/batch-bytes.js'
import { hashKeys } from './keys/hash.js'
import type { OperatorContext } from './operator-context.js'

/** Where the rows go. Plain data. */
export interface PartitionTarget {
  readonly file: SpillFile
  /** There are 2 ** `bits` partitions, at most 256: the highest bits of the hashes but the first `skip` number them. */
  readonly bits: number
  readonly skip: number
  /** What a task gathers before it writes. */
  readonly taskBytes: number
}

/** Numbers of a piece: its partition, where it begins in the file, its bytes and rows. */
export const PIECE_FIELDS = 4

/** Rows that are taken for their partitions before they are written. */
const WRITTEN_ROWS = 16_384

interface Slice {
  readonly batch: Batch
  /** Block of the rows' partitions, a byte each. */
  readonly partitions: number
}

export class PartitionedRows {
  private slices: Slice[] = []
  private bytes = 0
  private readonly pieces: number[] = []

  constructor(
    private readonly context: OperatorContext,
    private readonly target: PartitionTarget,
  ) {}

  /** Takes rows, which may lie in scratch; they are put into partitions by `keys`. */
  add(keys: readonly Vector[], batch: Batch): void {
    const { context } = this
    const { skip, bits, taskBytes } = this.target
    const { length } = batch
    const hashes = hashKeys(context, keys, length)
    const partitions = context.allocate(length)
    context.wasm.partition_numbers(hashes, length, skip, bits, partitions)
    const columns = batch.columns.map((column) => persist(context, context.allocate, column))
    this.slices.push({ batch: { ...batch, columns }, partitions })
    this.bytes += batchBytes(context.memory, batch) + length
    if (this.bytes >= taskBytes) this.write()
  }

  /** Writes what is left. The pieces, `PIECE_FIELDS` numbers each: partition, position, bytes, rows. */
  finish(): Float64Array {
    this.write()
    return Float64Array.from(this.pieces)
  }

  /** Ends a task that failed. */
  abandon(): void {
    for (const { batch, partitions } of this.slices.splice(0)) {
      releaseBatch(this.context, batch)
      this.context.release(partitions)
    }
  }

  private write(): void {
    if (this.slices.length === 0) return
    const { context } = this
    const mark = context.markScratch()
    const rows = this.slices.reduce((sum, { batch }) => sum + batch.length, 0)
    const ends = context.scratch(4 * 2 ** this.target.bits)
    const order = this.order(rows, ends)
    const whole = this.whole(rows)
    try {
      this.writePieces(whole, order, ends)
    } finally {
      releaseBatch(context, whole)
      context.rewindScratch(mark)
      this.bytes = 0
    }
  }

  /** Row numbers by partition, in scratch. */
  private order(rows: number, ends: number): number {
    const { context, slices } = this
    const order = context.scratch(rows * 4)
    const partitions = context.scratch(rows)
    let row = 0
    for (const { batch, partitions: own } of slices) {
      context.memory.u8.copyWithin(partitions + row, own, own + batch.length)
      row += batch.length
    }
    context.wasm.partition_order(partitions, rows, 2 ** this.target.bits, ends, order)
    return order
  }

  /** All slices in one batch; they are given up. */
  private whole(length: number): Batch {
    const { context } = this
    const [{ batch }] = this.slices
    const columns: Vector[] = []
    try {
      for (let column = 0; column < batch.columns.length; column++) {
        columns.push(
          gathered(
            context,
            this.slices.map((slice) => slice.batch.columns[column]),
          ),
        )
      }
      return { ...batch, length, columns }
    } catch (error) {
      for (const column of columns) releaseVector(context, column)
      throw error
    } finally {
      this.abandon()
    }
  }

  private writePieces(whole: Batch, order: number, ends: number): void {
    const { context, pieces } = this
    const { u32 } = context.memory
    const writer = new SpillWriter(context.memory, this.target.file)
    const partitions = 2 ** this.target.bits
    try {
      let start = 0
      for (let partition = 0; partition < partitions; ) {
        context.checkCancelled()
        const mark = context.markScratch()
        const numbers: number[] = []
        const taken: Batch[] = []
        const stop = start + WRITTEN_ROWS
        for (; partition < partitions && start < stop; partition++) {
          const end = u32[ends / 4 + partition]
          if (end === start) continue
          const rows = takeBatch(context, whole, order + start * 4, end - start)
          taken.push({ ...rows, columns: rows.columns.map((column) => plain(context, column)) })
          numbers.push(partition)
          start = end
        }
        const written = writer.appendAll(taken)
        written.forEach(({ position, bytes, rows }, i) => {
          pieces.push(numbers[i], position, bytes, rows)
        })
        context.rewindScratch(mark)
      }
    } finally {
      writer.close()
    }
  }
}

/** The same rows as one vector with references of its own. */
function gathered(context: OperatorContext, vectors: readonly Vector[]): Vector {
  const joined = vectors.reduce<Vector | null>(
    (sum, next) => (sum === null ? null : sum === next ? sum : rejoin(sum, next)),
    vectors[0],
  )
  return joined === null ? concat(context, context.allocate, vectors) : persist(context, context.allocate, joined)
}

/** The numbers from `first` on, in scratch. */
export function positionColumn({ wasm, scratch }: OperatorContext, first: number, length: number): Vector {
  const values = scratch(length * 8)
  wasm.partition_positions(first, length, values)
  return vector(INT64, length, { values })
}
