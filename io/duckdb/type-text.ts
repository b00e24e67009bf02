/** Reads the types of columns as DuckDB writes them: `STRUCT(a INTEGER, "b c" VARCHAR[])`. */

import { VolleyError } from '../../planner/errors.js'
import { readTypeName } from '../../planner/nested-type-names.js'
import { parseTypeName } from '../../planner/type-names.js'
import { type DataType, UTF8 } from '../../planner/types.js'

/** The type that values are best read as. Those without an equivalent (INTERVAL, UUID, ENUM, ...) are read as text. */
export function typeOfText(text: string): DataType {
  return readTypeName(text, flatType)
}

function flatType(text: string): DataType {
  try {
    const type = parseTypeName(text)
    return type.kind === 'interval' ? UTF8 : type
  } catch (error) {
    if (error instanceof VolleyError) return UTF8
    throw error
  }
}
