/** Records that a step could not process, as they are told of. */

import * as arrow from 'apache-arrow'
import type { Batch, MemoryViews } from '../../io/batch.js'
import { jsonText } from '../../io/ndjson/json-text.js'
import { readValue } from '../../io/values.js'
import { type ErrorCode, VolleyError } from '../../planner/errors.js'
import type { Reject } from '../strategies/row/slices.js'

/** Plain data: it crosses threads. */
export interface RejectedRecord {
  /** JSON, as the NDJSON writer puts it. */
  readonly record: string
  readonly path: string | null
  readonly rowGroup: number | null
  readonly row: number | null
  readonly step: string
  readonly code: ErrorCode
  readonly message: string
}

const UTF8 = new arrow.Utf8()

/** The columns of `RejectHandler`, in order, and where their values come from. */
const COLUMNS: readonly {
  readonly field: arrow.Field
  readonly value: (rejected: RejectedRecord) => string | number | bigint | null
}[] = [
  { field: new arrow.Field('record', UTF8, false), value: ({ record }) => record },
  { field: new arrow.Field('path', UTF8, true), value: ({ path }) => path },
  { field: new arrow.Field('row_group', new arrow.Int32(), true), value: ({ rowGroup }) => rowGroup },
  { field: new arrow.Field('row', new arrow.Int64(), true), value: ({ row }) => (row === null ? null : BigInt(row)) },
  { field: new arrow.Field('step', UTF8, false), value: ({ step }) => step },
  { field: new arrow.Field('code', UTF8, false), value: ({ code }) => code },
  { field: new arrow.Field('message', UTF8, false), value: ({ message }) => message },
]

/** The same as types of SQL, for tables that are made of such records. */
export const REJECT_COLUMNS = Object.freeze({
  record: 'varchar',
  path: 'varchar',
  row_group: 'int32',
  row: 'int64',
  step: 'varchar',
  code: 'varchar',
  message: 'varchar',
} as const)

const SCHEMA = new arrow.Schema(COLUMNS.map(({ field }) => field))

/** A batch outside of the shared memory: it is the user's for good. */
export function batchOfRejects(records: readonly RejectedRecord[]): arrow.RecordBatch {
  const children = COLUMNS.map(({ field, value }) => arrow.vectorFromArray(records.map(value), field.type).data[0])
  const data = arrow.makeData({ type: new arrow.Struct(SCHEMA.fields), length: records.length, nullCount: 0, children })
  return new arrow.RecordBatch(SCHEMA, data)
}

/** What a step of the row strategy rejects. To be called at once. */
export function rejectedRecord({ record, path, rowGroup, row, step, subject, error }: Reject): RejectedRecord {
  return {
    record: record(),
    path: path ?? null,
    rowGroup: rowGroup ?? null,
    row: row < 0 ? null : row,
    step: `${step}: ${subject}`,
    code: error.code,
    message: error.message,
  }
}

/** A row of a batch as JSON. */
export function recordText(memory: MemoryViews, batch: Batch, row: number): string {
  const members = batch.schema.fields.map(
    ({ name, type }, index) =>
      `${JSON.stringify(name)}:${jsonText(readValue(memory, batch.columns[index], row), type)}`,
  )
  return `{${members.join(',')}}`
}

/** The error that the record would have ended the run with. */
export function errorOf({ code, message, path, rowGroup, row, step }: RejectedRecord): VolleyError {
  return new VolleyError(code, message, {
    ...(path !== null && { path }),
    ...(rowGroup !== null && { rowGroup }),
    ...(row !== null && { row }),
    step,
  })
}
