/** Compares the columns of rows with those of the table that takes them. */

import { nearestName, VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'

/** Throws VOLLEY_UNKNOWN_COLUMN for a column of the rows that the table lacks. Upper and lower case are the same. */
export function checkTableColumns(table: string, present: readonly string[], { fields }: Schema): void {
  const known = new Set(present.map((name) => name.toLowerCase()))
  const missing = fields.find(({ name }) => !known.has(name.toLowerCase()))?.name
  if (missing === undefined) return
  const near = nearestName(missing, present)
  const hint = near === null ? `; it has ${present.join(', ')}` : `; did you mean ${near}?`
  throw new VolleyError('VOLLEY_UNKNOWN_COLUMN', `table ${table} has no column ${missing}${hint}`, {
    column: missing,
    table,
  })
}

export function noTable(table: string): VolleyError {
  const message = `there is no table ${table}; with create: true it is made`
  return new VolleyError('VOLLEY_UNKNOWN_TABLE', message, { table })
}

export function tableExists(table: string): VolleyError {
  const message = `table ${table} exists already; its mode is to fail then`
  return new VolleyError('VOLLEY_OUTPUT_EXISTS', message, { table })
}
