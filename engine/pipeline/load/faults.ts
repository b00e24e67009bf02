/** Errors about rows that a table does not take. */

import { VolleyError } from '../../../planner/errors.js'

export interface Fault {
  /** A constraint is broken, or a column cannot hold a value. */
  readonly kind: 'constraint' | 'value'
  readonly columns: readonly string[]
  /** Those that break a constraint, where they are told. */
  readonly values: readonly string[] | null
}

const CODES = { constraint: 'VOLLEY_CONSTRAINT', value: 'VOLLEY_BAD_RECORD' } as const

/** An error of a load that names table, column and row: VOLLEY_CONSTRAINT or VOLLEY_BAD_RECORD if the fault is known. */
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
  const code = fault === null ? error.code : CODES[fault.kind]
  return new VolleyError(code, `${where.join(', ')}: ${error.message}`, details, error)
}
