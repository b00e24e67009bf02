/** Functions of the user that run in the main thread: called again, or without the records that they fail for. */

import type { Batch } from '../../io/batch.js'
import type { Schema } from '../../planner/types.js'
import { persistBatch, releaseBatch } from '../kernels/vectors.js'
import { NO_SPAN, type NodeSpan } from '../metrics/span.js'
import type { NamedCall } from '../operators/map.js'
import { type RejectedRecord, rejectedRecord } from '../recovery/rejected-record.js'
import type { Run } from '../run.js'
import { mapRecords } from './row/functions.js'
import { type Slices, wholeOrigin } from './row/slices.js'

/** The same function, called again as the run's options say when it fails with an error marked as retryable. */
export function retriedCall({ recovery, context }: Run, named: NamedCall, span: NodeSpan = NO_SPAN): NamedCall {
  const asking = { checkCancelled: context.checkCancelled, onRetry: () => span.retried() }
  return { ...named, call: recovery.retries.calling(named.call, asking) }
}

/** Maps record by record; those that the function fails for are rejected. Takes over the input. */
export async function* rejectingClosure(
  run: Run,
  call: NamedCall,
  schema: Schema,
  input: AsyncGenerator<Batch>,
  span: NodeSpan,
): AsyncGenerator<Batch> {
  const { context, recovery } = run
  const rejected: RejectedRecord[] = []
  const settle = () => recovery.rejects?.take(rejected.splice(0), context.checkCancelled)
  let waitedMs = 0
  const waited = (ms: number) => {
    waitedMs += ms
  }
  const slices = mapRecords(context, call, schema, wholeSlices(context, input, waited), (reject) =>
    rejected.push(rejectedRecord(reject)),
  )
  try {
    for (;;) {
      const began = performance.now() - waitedMs
      const next = await slices.next()
      span.busy(performance.now() - waitedMs - began)
      await settle()
      if (next.done === true) return
      yield persistBatch(context, context.allocate, next.value.batch)
    }
  } finally {
    await slices.return(undefined)
    await settle()
  }
}

async function* wholeSlices(
  context: Run['context'],
  input: AsyncGenerator<Batch>,
  waited: (ms: number) => void,
): Slices {
  let firstRow = 0
  let began = performance.now()
  for await (const batch of input) {
    waited(performance.now() - began)
    context.checkCancelled()
    try {
      yield { batch, origin: wholeOrigin(firstRow) }
    } finally {
      firstRow += batch.length
      releaseBatch(context, batch)
    }
    began = performance.now()
  }
}
