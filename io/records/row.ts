/** Rows of batches as JavaScript objects, and JavaScript objects as batches. */

import { VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import type { Field, Schema } from '../../planner/types.js'
import type { Batch, MemoryViews } from '../batch.js'
import { batchOfColumns } from '../row-batches.js'
import type { DecodeTarget } from '../source.js'
import { objectOf, readValue } from '../values.js'
import { fromScalar, isRecord, toScalar, ValueMismatch } from './convert.js'
import { notARecord } from './infer.js'

/** Row `row` as an object; `fromScalar` says what each type becomes. */
export function toRow(memory: MemoryViews, batch: Batch, row: number): Record<string, unknown> {
  const { fields } = batch.schema
  return objectOf(fields, (index) => fromScalar(readValue(memory, batch.columns[index], row), fields[index].type))
}

/** A batch of objects, whose blocks the caller owns. Keys that the schema lacks are ignored. VOLLEY_BAD_RECORD. */
export function batchOfRecords(
  schema: Schema,
  records: readonly unknown[],
  target: Pick<DecodeTarget, 'memory' | 'allocate'>,
  firstRow = 0,
): Batch {
  const columns = schema.fields.map((f) => records.map((record, index) => recordValue(record, f, firstRow + index)))
  return batchOfColumns(schema, columns, records.length, target)
}

/** The value of one field of a record. */
export function recordValue(record: unknown, expected: Field, row: number): ScalarValue {
  if (!isRecord(record)) throw notARecord(record, row)
  // Not from the prototype: a column named `constructor` is null where a record lacks it.
  const value = Object.hasOwn(record, expected.name) ? record[expected.name] : null
  try {
    const scalar = toScalar(value, expected.type)
    if (scalar === null && !expected.nullable) throw new ValueMismatch('a value', 'null')
    return scalar
  } catch (error) {
    if (!(error instanceof ValueMismatch)) throw error
    throw new VolleyError(
      'VOLLEY_BAD_RECORD',
      `column ${expected.name}, record ${row}: ${error.message}`,
      { column: expected.name, row, expected: error.expected, actual: error.actual },
      error,
    )
  }
}
