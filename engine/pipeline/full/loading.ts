/** Rows that come batch by batch, as inputs that are read once. */

import type { Batch } from '../../../io/batch.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { Loading } from '../shared-inputs.js'
import type { Producer } from '../stage.js'

/** All that a producer gives. It is closed at the end. */
export async function loadingOf(producer: Producer): Promise<Loading> {
  if (!producer.bounded) {
    await producer.close()
    throw new VolleyError(
      'VOLLEY_UNSUPPORTED',
      "its input never ends, and mode 'full' reads all of it first; use mode 'streaming'",
    )
  }
  return withSchema(producer.schema, batchesOf(producer))
}

/** Without a schema, that of the first batch. @throws VolleyError VOLLEY_INVALID_ARGUMENT if there is none either. */
export async function withSchema(schema: Schema | null, batches: AsyncGenerator<Batch>): Promise<Loading> {
  if (schema !== null) return { schema, batches }
  const first = await batches.next()
  if (first.done !== true) return { schema: first.value.schema, batches: after(first.value, batches) }
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'it gave no rows, so that its columns are unknown; declare a schema')
}

async function* after(first: Batch, others: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  try {
    yield first
    yield* others
  } finally {
    await others.return(undefined)
  }
}

async function* batchesOf(producer: Producer): AsyncGenerator<Batch> {
  try {
    for await (const { batch } of producer.open(null)) yield batch
  } finally {
    await producer.close()
  }
}
