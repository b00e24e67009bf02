/** Opens Parquet files: their footers, and the schemas that these stand for. */

import type { Schema } from '../../planner/types.js'
import { type ParquetFooter, readFooter } from './footer.js'
import { toSchema } from './schema.js'

/** A file whose footer was read. */
export interface ParquetFileInfo extends ParquetFooter {
  readonly schema: Schema
}

/** Reads the footer of `path`. Throws as `readFooter` and `toSchema` do. */
export function openParquet(path: string): ParquetFileInfo {
  const footer = readFooter(path)
  return { ...footer, schema: toSchema(footer.metadata, path) }
}
