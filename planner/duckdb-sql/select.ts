/** The last SELECT of a statement: columns under their names, of exactly their types. */

import type { Schema } from '../types.js'
import { namesRefusal } from './names.js'
import { noEqual } from './no-sql.js'
import { quoteName } from './quoting.js'
import { duckDbType } from './types.js'

/**
 * A SELECT of the rows of another, in their order, whose columns have the types that `duckDbType` gives for `schema` and
 * its names, as far as DuckDB takes them. Sums of integers, which are HUGEINT, become DECIMAL(38,0) and fail past 38
 * digits. The columns of `sql` are taken by their place. @throws NoSql for types that DuckDB cannot hold.
 */
export function typedSelect(sql: string, schema: Schema): string {
  const list = schema.fields.map((field, index) => {
    const { name, type } = field
    const own = duckDbType(type)
    if (own === null) throw noEqual('a column', type)
    return `CAST(c${index} AS ${own}) AS ${namesRefusal([field]) === null ? quoteName(name) : `c${index}`}`
  })
  const names = schema.fields.length === 0 ? 'nothing' : schema.fields.map((_, index) => `c${index}`).join(', ')
  return `SELECT ${list.length === 0 ? '1 AS nothing' : list.join(', ')} FROM (${sql}) AS result(${names})`
}
