/** Hands batches to the user as apache-arrow RecordBatches over the shared memory, leased to the views that show them. */

import * as arrow from 'apache-arrow'
import { toRecordBatch } from '../io/arrow/record-batch.js'
import { toArrowSchema } from '../io/arrow/schema.js'
import type { Batch, Vector } from '../io/batch.js'
import type { Schema } from '../planner/types.js'
import type { Leases } from './memory/lease.js'
import { RESULTS } from './memory/operator-slots.js'
import { ENGINE, type SharedMemory } from './memory/shared-memory.js'

/** Takes over the batch's blocks; they live until the last view of the result is gone. */
export function leaseBatch(batch: Batch, memory: SharedMemory, leases: Leases): arrow.RecordBatch {
  const blocks = batch.columns.flatMap(blocksOf)
  for (const block of blocks) memory.keep(block)
  // The lease keeps the array, so blocks that the export adds to it are released with the rest.
  const lease = leases.take(blocks, bytesOf(blocks, memory))
  const allocateBlock = memory.allocateFor(ENGINE, RESULTS)
  const allocate = (bytes: number) => {
    const block = allocateBlock(bytes)
    blocks.push(block)
    return block
  }
  try {
    return toRecordBatch(batch, memory.views, allocate, lease.lend)
  } finally {
    lease.seal()
  }
}

/** Makes the blocks of a batch outlive the run that they were allocated for; returns the batch. */
export function keepBatch(batch: Batch, memory: SharedMemory): Batch {
  for (const block of batch.columns.flatMap(blocksOf)) memory.keep(block)
  return batch
}

export function tableOf(schema: Schema, batches: readonly arrow.RecordBatch[]): arrow.Table {
  return new arrow.Table(toArrowSchema(schema), [...batches])
}

function blocksOf(vector: Vector): number[] {
  return [
    ...vector.blocks,
    ...vector.children.flatMap(blocksOf),
    ...(vector.dictionary === null ? [] : blocksOf(vector.dictionary)),
  ]
}

function bytesOf(blocks: readonly number[], memory: SharedMemory): number {
  return blocks.reduce((sum, block) => sum + memory.capacity(block), 0)
}
