/** What is compared for equality. */

import type { DataType } from '../types.js'
import { expressionType } from './types.js'

/**
 * A value that compares as `text` does and is no column. DuckDB looks up values that a column is to be equal to in the
 * Bloom filters of Parquet files: there 0 is not -0, and bytes beyond ASCII are not found at all.
 */
export function comparedSql(text: string, type: DataType): string {
  if (type.kind === 'float') return `(${text} + CAST(0 AS ${expressionType(type)}))`
  return type.kind === 'binary' ? `(${text} || CAST('' AS BLOB))` : text
}
