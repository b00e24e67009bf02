/** Reads the pieces of partitions back, each run of them into one contiguous batch. */

import type { Batch, Vector } from '../../io/batch.js'
import { readTogether, spilledBatch } from '../../io/spill/spill-reader.js'
import type { Schema } from '../../planner/types.js'
import { concat, releaseVector } from '../kernels/vectors.js'
import type { OperatorContext } from './operator-context.js'

/** Numbers of a piece in a `SpilledMorsel`: where it begins in the file, its bytes and rows. */
export const SPILLED_FIELDS = 3

/** Pieces of one spill file whose rows are taken as one batch. */
export interface SpilledMorsel {
  readonly kind: 'spilled'
  readonly schema: Schema
  readonly path: string
  /** `SPILLED_FIELDS` numbers each: position, bytes, rows. */
  readonly pieces: Float64Array
  readonly rows: number
  readonly firstRow: number
}

/** The rows of all pieces, in blocks of the caller's. Throws VOLLEY_IO, VOLLEY_MEMORY_LIMIT. */
export function loadPieces(context: OperatorContext, { schema, path, pieces, rows }: SpilledMorsel): Batch {
  const places = Array.from({ length: pieces.length / SPILLED_FIELDS }, (_, piece) => ({
    position: pieces[piece * SPILLED_FIELDS],
    bytes: pieces[piece * SPILLED_FIELDS + 1],
  }))
  const { block, addresses } = readTogether(context.memory, path, places, context)
  const columns: Vector[] = []
  const mark = context.markScratch()
  try {
    const batches = addresses.map((address) => spilledBatch(context.memory, schema, address))
    schema.fields.forEach(({ type }, column) => {
      context.checkCancelled()
      const vectors = batches.map((batch) => batch.columns[column])
      columns.push(concat(context, context.allocate, vectors, type))
    })
    return { schema, length: rows, columns }
  } catch (error) {
    for (const column of columns) releaseVector(context, column)
    throw error
  } finally {
    context.rewindScratch(mark)
    context.release(block)
  }
}
