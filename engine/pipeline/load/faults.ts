/** Errors about rows that a table does not take. */

import { VolleyError } from '../../../planner/errors.js'

export interface Refusal {
  /** A constraint is broken, or a column cannot hold a value. */
  readonly kind: 'constraint' | 'value'
  /** As far as they are told. */
  readonly columns: readonly string[]
}

const CODES = { constraint: 'VOLLEY_CONSTRAINT', value: 'VOLLEY_BAD_RECORD' } as const

/** An error of a load that names the table and, of a refused row, the column: VOLLEY_CONSTRAINT or VOLLEY_BAD_RECORD. */
export function faultOf(error: VolleyError, table: string, refusal: Refusal | null): VolleyError {
  const column = refusal?.columns.length === 1 ? refusal.columns[0] : undefined
  const where = column === undefined ? `table ${table}` : `table ${table}, column ${column}`
  const details = { ...error.details, table, ...(column === undefined ? {} : { column }) }
  return new VolleyError(
    refusal === null ? error.code : CODES[refusal.kind],
    `${where}: ${error.message}`,
    details,
    error,
  )
}

/** The same error, with the number of the row. */
export function atRow({ code, message, details, cause }: VolleyError, row: number): VolleyError {
  const { table, column } = details
  const where = column === undefined ? `table ${table}` : `table ${table}, column ${column}`
  return new VolleyError(code, `${where}, row ${row}${message.slice(where.length)}`, { ...details, row }, cause)
}
