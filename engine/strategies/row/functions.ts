/** Functions of the user: called with one record at a time as an object, or with the batches that records are in. */

import { recordValue, toRow } from '../../../io/records/row.js'
import { batchOfColumns } from '../../../io/row-batches.js'
import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { Schema } from '../../../planner/types.js'
import { unlessCancelled } from '../../cancellation.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { map, type NamedCall } from '../../operators/map.js'
import { thrownMessage } from '../../operators/thrown-message.js'
import { recordText } from '../../recovery/rejected-record.js'
import type { TaskContext } from '../../workers/task-context.js'
import { MOST_ROWS, type OnReject, type Origin, rowOf, type Slice, type Slices } from './slices.js'

/** Passes whole slices. The origin of what comes back is not known any more. */
export async function* mapSlices(context: TaskContext, call: NamedCall, schema: Schema, slices: Slices): Slices {
  for await (const { batch, origin } of slices) {
    context.checkCancelled()
    const mapped = await map(context, 'batch', call, schema, batch, null)
    try {
      if (mapped.length > 0) yield { batch: mapped, origin: { ...origin, rows: null, isKnown: false } }
    } finally {
      releaseBatch(context, mapped)
    }
  }
}

/** What a function has returned and nobody has been given yet. */
class Returned {
  private columns: ScalarValue[][] = []
  private sources: number[] = []

  constructor(
    private readonly context: TaskContext,
    private readonly schema: Schema,
  ) {
    this.clear()
  }

  get length(): number {
    return this.sources.length
  }

  /** Adds what the function returned for a record: a row, several, or none. Adds nothing if one is malformed. */
  add(result: unknown, record: number, row: number): void {
    if (result === null || result === undefined) return
    const rows: readonly unknown[] = Array.isArray(result) ? result : [result]
    const { fields } = this.schema
    const values = rows.map((one) => fields.map((field) => recordValue(one, field, row)))
    for (const one of values) {
      for (const [column, value] of one.entries()) this.columns[column].push(value)
      this.sources.push(record)
    }
  }

  /** The rows as a slice, whose blocks the caller owns. */
  take(origin: Origin): Slice {
    const { context, schema } = this
    const batch = batchOfColumns(schema, this.columns, this.length, context)
    const { rows } = origin
    const places = Uint32Array.from(this.sources, (record) => (rows === null ? record : rows[record]))
    this.clear()
    return { batch, origin: { ...origin, rows: places } }
  }

  private clear(): void {
    this.columns = this.schema.fields.map(() => [])
    this.sources = []
  }
}

/** Calls with one record after the other. What has come back is handed on whenever the function makes us wait. */
export async function* mapRecords(
  context: TaskContext,
  call: NamedCall,
  schema: Schema,
  slices: Slices,
  onReject: OnReject | undefined,
): Slices {
  const returned = new Returned(context, schema)
  for await (const { batch, origin } of slices) {
    for (let record = 0; record < batch.length; record++) {
      try {
        let result = call.call(toRow(context.memory, batch, record))
        if (result instanceof Promise) {
          if (returned.length > 0 && (await isPending(result))) yield* handOn(context, returned.take(origin))
          result = await unlessCancelled(result, context.checkCancelled)
        }
        returned.add(result, record, rowOf(origin, record))
      } catch (cause) {
        context.checkCancelled()
        const error = failureOf(call, cause, origin, record)
        if (onReject === undefined) throw error
        onReject({
          record: () => recordText(context.memory, batch, record),
          ...(origin.path !== undefined && { path: origin.path }),
          ...(origin.rowGroup !== undefined && { rowGroup: origin.rowGroup }),
          row: rowOf(origin, record),
          step: 'map',
          subject: call.label,
          error,
        })
      }
      if (returned.length >= MOST_ROWS) yield* handOn(context, returned.take(origin))
    }
    if (returned.length > 0) yield* handOn(context, returned.take(origin))
  }
}

async function* handOn(context: TaskContext, slice: Slice): Slices {
  try {
    yield slice
  } finally {
    releaseBatch(context, slice.batch)
  }
}

const PENDING = Symbol('pending')

/** True if a promise has not settled by the next turn of the event loop. A rejection is left to be seen later. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise<typeof PENDING>((resolve) => setImmediate(resolve, PENDING))
  return (await Promise.race([promise.catch(() => null), turn])) === PENDING
}

/** Malformed rows are told as they are, with the place of the record. */
function failureOf({ label }: NamedCall, cause: unknown, origin: Origin, record: number): VolleyError {
  const { path, rowGroup } = origin
  const row = rowOf(origin, record)
  const place = `${row < 0 ? '' : ` at row ${row}`}${path === undefined ? '' : ` of ${path}`}`
  const details = {
    ...(path !== undefined && { path }),
    ...(rowGroup !== undefined && { rowGroup }),
    ...(row >= 0 && { row }),
    step: 'map',
  }
  if (cause instanceof VolleyError)
    return new VolleyError(cause.code, cause.message, { ...cause.details, ...details }, cause)
  const said = thrownMessage(cause)
  return new VolleyError('VOLLEY_USER_FUNCTION', `${label} failed${place}: ${said}`, details, cause)
}
