/** A table with a column of each type, and what is said of plans over it that do not resolve. */

import { VolleyError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import { resolve, table } from '../../support/planned.js'

export const COLUMNS = {
  id: 'integer!',
  small: 'tinyint',
  big: 'bigint',
  unsigned: 'ubigint',
  price: 'decimal(15,2)',
  ratio: 'float',
  score: 'double',
  name: 'varchar',
  flag: 'bool',
  day: 'date',
  moment: 'timestamp',
  zoned: 'timestamptz',
  bytes: 'blob',
}
export const t = table(COLUMNS)

/** The error of a plan that is to have one. */
export function failure(frame: Frame): VolleyError {
  try {
    resolve(frame.plan)
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('it resolved')
}
