/** Slices of the input on their way through the steps, and where their records come from. */

import { type Batch, sliceBatch } from '../../../io/batch.js'
import { VolleyError } from '../../../planner/errors.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { describeRowError } from '../../kernels/evaluate.js'
import { RowError } from '../../kernels/kernel.js'

/** Where the records of a slice come from. */
export interface Origin {
  readonly path?: string
  readonly rowGroup?: number
  /** Row of the first record in the file or, without one, in the input. */
  readonly firstRow: number
  /** The record's place after `firstRow`, for each; null if they are in order. */
  readonly rows: Uint32Array | null
  /** False if rows cannot be told any more, as after a join. */
  readonly isKnown: boolean
}

/** The origin of records in the order of an input. */
export function wholeOrigin(firstRow: number): Origin {
  return { firstRow, rows: null, isKnown: true }
}

/** Some records in order. They stay where they are until the next slice is asked for. */
export interface Slice {
  readonly batch: Batch
  readonly origin: Origin
}

export type Slices = AsyncGenerator<Slice>

/** The first slice is small, so that results come soon; larger ones cost less for each record. */
const FIRST_ROWS = 1024
export const MOST_ROWS = 16_384

/** Cuts batches into slices that grow with what has been read. */
export class SliceCutter {
  private rows = FIRST_ROWS;

  *cut(batch: Batch, origin: Origin): Generator<Slice> {
    for (let start = 0; start < batch.length; ) {
      const length = Math.min(this.rows, batch.length - start)
      yield { batch: sliceBatch(batch, start, length), origin: { ...origin, firstRow: origin.firstRow + start } }
      start += length
      this.rows = Math.min(MOST_ROWS, this.rows * 2)
    }
  }
}

/** The origin of the chosen records of a slice: `rows` are their places in it. */
export function originOfRows(origin: Origin, rows: Uint32Array): Origin {
  const known = origin.rows
  return { ...origin, rows: known === null ? rows : rows.map((row) => known[row]) }
}

/** The row of the file or input that a record of a slice is; -1 if it cannot be told. */
export function rowOf({ firstRow, rows, isKnown }: Origin, record: number): number {
  return isKnown ? firstRow + (rows === null ? record : rows[record]) : -1
}

/** A reject: a record that a step could not process. */
export interface Reject {
  /** The record as the step found it, as JSON. To be called at once. */
  readonly record: () => string
  readonly path?: string
  readonly rowGroup?: number
  /** Row of the file or, without one, of the input; -1 if it cannot be told. */
  readonly row: number
  /** The kind of the step: `filter`, `project`, `map`, or what a check is for. */
  readonly step: string
  /** The expression or function that failed. */
  readonly subject: string
  readonly error: VolleyError
}

export type OnReject = (reject: Reject) => void

/** The user's error for a record that an expression cannot take; other errors are returned as they are. */
export function describeFailure(
  error: unknown,
  step: string,
  expression: TypedExpression,
  origin: Origin,
  record: number,
): unknown {
  if (!(error instanceof RowError)) return error
  const row = record < 0 ? -1 : rowOf(origin, record)
  const { path, rowGroup } = origin
  const described = describeRowError(new RowError(error.code, error.message, row), expression, {
    ...(path !== undefined && { path }),
    ...(rowGroup !== undefined && { rowGroup }),
    firstRow: 0,
  })
  return new VolleyError(described.code, described.message, { ...described.details, step }, error)
}
