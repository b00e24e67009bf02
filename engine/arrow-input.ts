/** The tables of apache-arrow that users give: checked, and copied into the shared memory. */

import * as arrow from 'apache-arrow'
import { fromRecordBatch } from '../io/arrow/record-batch.js'
import { fromArrowSchema } from '../io/arrow/schema.js'
import type { Batch } from '../io/batch.js'
import { releaseBatch } from '../io/block-sharing.js'
import { MemorySource } from '../io/memory-source.js'
import { packBatch } from '../io/packed.js'
import { invalid } from '../planner/arguments.js'
import { isRetryable, VolleyError } from '../planner/errors.js'
import { type Schema, typeName } from '../planner/types.js'
import type { SharedMemory } from './memory/shared-memory.js'
import { thrownMessage } from './operators/thrown-message.js'
import type { ArrowInput } from './scan-options.js'

type Batches = Iterable<arrow.RecordBatch> | AsyncIterable<arrow.RecordBatch>

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT for what holds no batches. Iterables are not read yet. */
export function checkArrowInput(input: ArrowInput): Batches {
  if (input instanceof arrow.Table) {
    return input.batches.length > 0 ? input.batches : [new arrow.RecordBatch(input.schema, undefined)]
  }
  if (input instanceof arrow.RecordBatch) return [input]
  if (Array.isArray(input)) {
    if (input.length === 0) throw noBatches()
    input.forEach(expectBatch)
    return input
  }
  if (typeof input === 'object' && input !== null && (Symbol.iterator in input || Symbol.asyncIterator in input)) {
    return input
  }
  throw unexpected()
}

/**
 * Copies all batches. The source owns their blocks.
 * @throws VolleyError VOLLEY_SCHEMA_MISMATCH for batches that differ, VOLLEY_USER_FUNCTION where an iterable throws.
 */
export async function importBatches(id: number, batches: Batches, memory: SharedMemory): Promise<MemorySource> {
  const imported: Batch[] = []
  let schema: Schema | null = null
  try {
    for await (const batch of told(batches)) {
      expectBatch(batch)
      const found = fromArrowSchema(batch.schema)
      schema ??= found
      expectSchema(schema, found, imported.length)
      imported.push(packBatch(fromRecordBatch(batch, memory.views, memory.allocate), memory))
    }
    if (schema === null) throw noBatches()
    return new MemorySource(id, schema, imported, memory)
  } catch (error) {
    for (const batch of imported) releaseBatch(memory, batch)
    throw error
  }
}

/** The same batches, with the errors of whoever makes them told as theirs. */
async function* told(batches: Batches): AsyncGenerator<arrow.RecordBatch> {
  try {
    yield* batches
  } catch (cause) {
    if (cause instanceof VolleyError) throw cause
    const details = isRetryable(cause) ? { retryable: true } : {}
    throw new VolleyError('VOLLEY_USER_FUNCTION', `the record batches failed: ${thrownMessage(cause)}`, details, cause)
  }
}

function expectBatch(batch: unknown): void {
  if (!(batch instanceof arrow.RecordBatch)) throw unexpected()
}

function expectSchema(first: Schema, other: Schema, index: number): void {
  const [expected, actual] = [first, other].map((schema) =>
    schema.fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', '),
  )
  if (expected === actual) return
  throw new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `record batch ${index} has the columns (${actual}), but the first has (${expected})`,
    { expected, actual },
  )
}

function unexpected(): VolleyError {
  return invalid(
    'fromArrow takes an apache-arrow Table, a RecordBatch, or an iterable or async iterable of RecordBatches',
  )
}

function noBatches(): VolleyError {
  return invalid('fromArrow was given no record batches, which would tell the columns: give a Table')
}
