/** A record that a stage could not process: a row of the files of dead letters. */

import type { Batch, MemoryViews } from '../../../io/batch.js'
import type { VolleyError } from '../../../planner/errors.js'
import { typeName } from '../../../planner/types.js'
import { recordText } from '../../recovery/rejected-record.js'
import { originOf } from './origins.js'

export interface DeadLetter {
  readonly pipeline: string
  /** The same in all letters of a run, and in all of a job that is resumed. */
  readonly run: string
  readonly stage: string
  /** `function`, or `step 2 (convert)` of several. */
  readonly step: string
  /** The file that the record comes from, if it is as it was read. */
  readonly source: string | null
  readonly row_group: number | null
  /** In the file, or else in the input of the stage; counted from 0. Null where it is not known. */
  readonly row: number | null
  /** As the stage got it: JSON, as the NDJSON writer puts it. */
  readonly record: string
  /** Types by column of the record, as JSON; null if the record is not one of the stage's input. */
  readonly columns: string | null
  readonly code: string
  readonly message: string
  readonly time: string
}

/** As SQL names them, in the order in which they stand in the file. */
export const LETTER_COLUMNS = Object.freeze({
  pipeline: 'varchar',
  run: 'varchar',
  stage: 'varchar',
  step: 'varchar',
  source: 'varchar',
  row_group: 'integer',
  row: 'bigint',
  record: 'varchar',
  columns: 'varchar',
  code: 'varchar',
  message: 'varchar',
  time: 'timestamp',
} as const)

/** What is known of a failed record where it failed. */
export type FailedRecord = Pick<
  DeadLetter,
  'step' | 'source' | 'row_group' | 'row' | 'record' | 'columns' | 'code' | 'message'
>

/** `before` counts the rows that the stage got before the batch. */
export function failedRecord(
  memory: MemoryViews,
  batch: Batch,
  row: number,
  { before, step, error }: { readonly before: number; readonly step: string; readonly error: VolleyError },
): FailedRecord {
  const origin = originOf(batch, row)
  const types = batch.schema.fields.map(({ name, type }) => [name, typeName(type)] as const)
  return {
    step,
    source: origin?.path ?? null,
    row_group: origin?.rowGroup ?? null,
    row: origin?.row ?? before + row,
    record: recordText(memory, batch, row),
    columns: JSON.stringify(Object.fromEntries(types)),
    code: error.code,
    message: withoutRow(error),
  }
}

/** The row that an error names is one of the part of the batch that was tried last, or of all that was loaded. */
function withoutRow({ message, details: { row } }: VolleyError): string {
  return row === undefined ? message : message.replace(new RegExp(`(?: at|,| in) row ${row}\\b`), '')
}
