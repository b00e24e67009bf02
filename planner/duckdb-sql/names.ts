/** Names that DuckDB does not take, or takes for one. */

import type { Field } from '../types.js'

/** Why columns or parts of a struct cannot have their names in DuckDB, as a clause; null if they can. */
export function namesRefusal(fields: readonly Field[]): string | null {
  const names = new Map<string, string>()
  for (const { name } of fields) {
    if (name === '' || name.includes('\0')) return `the name ${JSON.stringify(name)} is none in DuckDB`
    const other = names.get(name.toLowerCase())
    if (other !== undefined) return `the names ${other} and ${name} differ by case alone`
    names.set(name.toLowerCase(), name)
  }
  return null
}
