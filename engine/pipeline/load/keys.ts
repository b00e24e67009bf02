/** The key by which rows are replaced. */

import type { Batch, MemoryViews } from '../../../io/batch.js'
import { isValid } from '../../../io/values.js'
import { nearestName, VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'

/** Throws VOLLEY_INVALID_ARGUMENT without a key, VOLLEY_UNKNOWN_COLUMN for one that the rows do not have. */
export function checkKey(key: readonly string[], schema: Schema, target: string): void {
  if (key.length === 0) {
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `an upsert into ${target} needs a key`, { expected: 'a key' })
  }
  const names = schema.fields.map(({ name }) => name)
  const missing = key.find((name) => !names.includes(name))
  if (missing === undefined) return
  const near = nearestName(missing, names)
  const message = `${target}: the rows have no key column ${missing}${near === null ? '' : `; did you mean ${near}?`}`
  throw new VolleyError('VOLLEY_UNKNOWN_COLUMN', message, { column: missing })
}

/** Throws VOLLEY_BAD_RECORD for a row without a key: null equals nothing. `firstRow` counts the rows before the batch. */
export function requireKeys(
  memory: MemoryViews,
  batch: Batch,
  key: readonly string[],
  firstRow: number,
  target: string,
): void {
  for (const name of key) {
    const column = batch.columns[batch.schema.fields.findIndex((field) => field.name === name)]
    if (column.validity === 0 && column.type.kind !== 'null') continue
    for (let row = 0; row < batch.length; row++) {
      if (isValid(memory, column, row)) continue
      throw new VolleyError(
        'VOLLEY_BAD_RECORD',
        `${target}: key column ${name} is null in row ${firstRow + row}: null equals nothing`,
        { column: name, row: firstRow + row, expected: 'a key', actual: 'null' },
      )
    }
  }
}
