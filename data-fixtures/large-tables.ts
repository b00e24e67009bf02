/** Makes tables of many times the memory that a run may have, as Parquet files that later calls find again. */

import { access, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { LARGE_TABLE_MACROS, type LargeTable } from './large-table-queries.js'

/** A table's files, in order. */
export interface LargeFiles {
  readonly paths: readonly string[]
  readonly rows: number
  /** In memory. */
  readonly bytes: number
}

/** Rows per row group: DuckDB's default. */
const ROW_GROUP_SIZE = 122_880
/** In memory. All tables of at least `LEAST_PARTS` such parts share their first ones. */
const PART_BYTES = 128e6
const LEAST_PARTS = 8

/** Rows and number of the parts of a table that takes at least `bytes` in memory. The parts are an even number. */
export function partsOf(table: LargeTable, bytes: number): { readonly rows: number; readonly parts: number } {
  const partBytes = Math.min(PART_BYTES, bytes / LEAST_PARTS)
  const multiples = Math.max(1, Math.floor(partBytes / table.rowBytes / table.rowMultiple))
  const rows = multiples * table.rowMultiple
  return { rows, parts: 2 * Math.ceil(bytes / (2 * rows * table.rowBytes)) }
}

/**
 * Makes the files of a table that takes at least `bytes` in memory, those that are not in `directory` yet. Uses one
 * thread. `onPart` is told of each file made.
 */
export async function largeTableFiles(
  directory: string,
  table: LargeTable,
  bytes: number,
  onPart: (made: number, parts: number) => void = () => {},
): Promise<LargeFiles> {
  const { rows, parts } = partsOf(table, bytes)
  const folder = join(directory, `${table.name}-${rows}`)
  await mkdir(folder, { recursive: true })
  const paths = Array.from({ length: parts }, (_, i) => join(folder, `part-${String(i).padStart(4, '0')}.parquet`))
  const missing: number[] = []
  for (const [index, path] of paths.entries()) if (!(await exists(path))) missing.push(index)
  if (missing.length > 0) await makeParts(table, paths, rows, missing, (made) => onPart(made, missing.length))
  return { paths, rows: rows * parts, bytes: rows * parts * table.rowBytes }
}

async function makeParts(
  table: LargeTable,
  paths: readonly string[],
  rows: number,
  missing: readonly number[],
  onPart: (made: number) => void,
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const connection = await instance.connect()
    await connection.run(LARGE_TABLE_MACROS)
    for (const [made, index] of missing.entries()) {
      const draft = `${paths[index]}.${process.pid}.tmp`
      await connection.run(
        `copy (${table.query({ index, rows })}) to '${draft.replaceAll("'", "''")}'
          (format parquet, compression snappy, row_group_size ${ROW_GROUP_SIZE})`,
      )
      await rename(draft, paths[index])
      onPart(made + 1)
    }
    connection.closeSync()
  } finally {
    instance.closeSync()
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
