/** The columns that a user function promises to return, in whichever form they were written. */

import type { Schema as ArrowSchema } from 'apache-arrow'
import { checkEntries, invalid, show } from './arguments.js'
import { parseTypeName } from './type-names.js'
import { type DataType, field, type Schema, schemaOf } from './types.js'

/** An apache-arrow Schema, a schema of ours, or types by column name: `{ id: 'int64', name: 'utf8' }`. */
export type SchemaLike = ArrowSchema | Schema | Readonly<Record<string, string | DataType>>

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT if it describes no columns or a type is unknown. */
export function schemaFrom(given: SchemaLike, fromArrow: (schema: ArrowSchema) => Schema): Schema {
  if (typeof given !== 'object' || given === null) {
    throw invalid(`{ schema } describes the columns that the function returns, not ${show(given)}`)
  }
  if (isArrowSchema(given)) return fromArrow(given)
  if (isSchema(given)) return given
  return schemaOf(checkEntries('schema', given).map(([name, type]) => field(name, columnType(name, type))))
}

/** The type of a column: ours, or named. */
export function columnType(name: string, given: string | DataType): DataType {
  if (typeof given === 'string') return parseTypeName(given)
  if (typeof given?.kind === 'string') return given
  throw invalid(`the type of column ${name} is a name such as 'int64', not ${show(given)}`)
}

/** By its shape, as it may come from another copy of the library. */
function isArrowSchema(given: SchemaLike): given is ArrowSchema {
  return 'dictionaries' in given && 'metadata' in given && Array.isArray(given.fields)
}

function isSchema(given: SchemaLike): given is Schema {
  return 'fields' in given && Array.isArray(given.fields)
}
