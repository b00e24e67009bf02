/** What has no equal in DuckDB. */

import { type DataType, typeName } from '../types.js'

/** Thrown where SQL would not mean the same; `reason` is a clause for people: `mapRows needs JavaScript`. */
export class NoSql extends Error {
  override readonly name = 'NoSql'

  constructor(readonly reason: string) {
    super(reason)
  }
}

/** `what` names an operation that DuckDB does not have for a type: a function, for example. */
export function noEqual(what: string, type: DataType): NoSql {
  return new NoSql(`${what} of ${typeName(type)} has no equal in DuckDB`)
}
