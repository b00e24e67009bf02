/** Map in a worker: applies a function of a user's module to batches as Arrow views, or to rows as objects. */

import { pathToFileURL } from 'node:url'
import { isAbsolute } from 'node:path'
import { fromRecordBatch, toRecordBatch } from '../../io/arrow/record-batch.js'
import type { Batch } from '../../io/batch.js'
import { mapRowsWith } from '../../io/records/map-rows.js'
import { VolleyError } from '../../planner/errors.js'
import type { ChainStep, UserModule } from '../workers/messages.js'
import type { OperatorContext } from './operator-context.js'

type MapStep = Extract<ChainStep, { kind: 'map' }>
type UserCall = (input: unknown, kwargs: unknown) => unknown

const loaded = new Map<string, Promise<UserCall>>()

/** `position` numbers the batch's first row among all rows of the pipeline, for messages. */
export async function mapRowsOrBatch(
  context: OperatorContext,
  step: MapStep,
  batch: Batch,
  position: number,
): Promise<Batch> {
  const call = await load(step.function)
  const { kwargs } = step.function
  const label = `${step.function.function} of ${step.function.module}`
  return step.mode === 'row'
    ? mapRowsWith((row) => call(row, kwargs), label, batch, step.schema, context.memory, context.allocate, position)
    : mapBatchWith((input) => call(input, kwargs), label, batch, step.schema, context)
}
