/** Errors about rows that a table does not take. */

import { VolleyError } from '../../../planner/errors.js'

/** The columns that a constraint is about; the values that break it, where they are told. */
export interface Fault {
  readonly columns: readonly string[]
  readonly values: readonly string[] | null
}

/** An error of a load that names table, column and row; a broken constraint is VOLLEY_CONSTRAINT. */
export function faultOf(error: VolleyError, table: string, fault: Fault | null, row: number | null): VolleyError {
  const column = fault?.columns.length === 1 ? fault.columns[0] : undefined
  const where = [
    `table ${table}`,
    ...(column === undefined ? [] : [`column ${column}`]),
    ...(row === null ? [] : [`row ${row}`]),
  ]
  const details = {
    ...error.details,
    table,
    ...(column === undefined ? {} : { column }),
    ...(row === null ? {} : { row }),
  }
  const code = fault === null ? error.code : 'VOLLEY_CONSTRAINT'
  return new VolleyError(code, `${where.join(', ')}: ${error.message}`, details, error)
}
