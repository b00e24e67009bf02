/** Shapes of what is at several places of a pipeline: ids, names, types, sizes, times, functions, connections. */

import { parseBytes, parseDuration } from '../../quantities.js'
import { parseTypeName } from '../../type-names.js'
import {
  choice,
  code,
  either,
  entries,
  list,
  named,
  number,
  optional,
  required,
  type Shape,
  text,
  whole,
} from '../shape/shape.js'

const ID = /^[A-Za-z0-9_-]+$/

export const id = text("an id of letters, digits, '_' and '-'", (given) =>
  ID.test(given) ? null : `${JSON.stringify(given)} is no id: letters, digits, '_' and '-'`,
)
export const names = either(text('a name'), list(text('a name')))
export const typeName = text('a type such as int64, varchar, date or decimal(10,2)', (given) => {
  try {
    parseTypeName(given)
    return null
  } catch (error) {
    return (error as Error).message
  }
})
export const schema = named('schema', entries('types by column: { id: int64, name: varchar }', typeName))
const bytes = text("a size such as '512MB'", (given) =>
  parseBytes(given) > 0 ? null : `${JSON.stringify(given)} is no size: bytes, or text such as '512MB'`,
)
export const size = either(whole(1), bytes)
export const duration = either(
  number(0),
  text("a duration such as '30s'", (given) =>
    parseDuration(given) >= 0
      ? null
      : `${JSON.stringify(given)} is no duration: milliseconds, or text such as '500ms', '30s' or '5min'`,
  ),
)
export const sql = text('SQL')
export const boolean: Shape = { kind: 'boolean' }
export const scalar: Shape = { kind: 'scalar' }
export const data: Shape = { kind: 'data' }
export const closure = code('a function', (value) => typeof value === 'function')

export const format = choice('parquet', 'arrow', 'csv', 'ndjson')
/** Fields of what calls a function of a module. */
export const FUNCTION = {
  module: required(text('a module'), 'Path of an ES module (relative ones start at the pipeline), or a package'),
  function: optional(text('the name of an export'), "Export of the module; 'default' unless given"),
  mode: optional(choice('record', 'batch'), 'Whether it takes objects, or RecordBatches'),
  kwargs: optional(entries('arguments by name', data), 'Its second argument'),
}
export const CONNECTION = required(text('a connection'), 'A database file, or a connection string of PostgreSQL')
/** Types of sources and targets that have a connection and a table. */
export const DATABASES = ['duckdb', 'sqlite', 'postgresql']
