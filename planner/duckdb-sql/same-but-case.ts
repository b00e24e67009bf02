/** Names that are one to DuckDB. */

import type { Schema } from '../types.js'

/** A clause that names two columns whose names differ by case alone, or null. */
export function sameButCase({ fields }: Schema): string | null {
  const names = new Map<string, string>()
  for (const { name } of fields) {
    const other = names.get(name.toLowerCase())
    if (other !== undefined) return `the columns ${other} and ${name} differ by case alone`
    names.set(name.toLowerCase(), name)
  }
  return null
}
