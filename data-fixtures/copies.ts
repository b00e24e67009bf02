/** Files that DuckDB writes: each is the result of a query. */

import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { keptFolder } from './kept-folder.js'

export interface Copy {
  /** Of the file, in its folder. */
  readonly name: string
  readonly query: string
  /** Options of DuckDB's `copy`. */
  readonly options: string
}

/** In snappy, in row groups of DuckDB's default size. */
export const PARQUET = 'format parquet, compression snappy, row_group_size 122880'

/**
 * Paths of the files, in the order of `copies`: in a folder of `directory`, made unless an earlier call made them.
 * `setup` are statements that run before the queries. The rows are the same, in the same order, at every number of
 * threads as long as the queries are over row numbers.
 */
export async function copiedFiles(
  directory: string,
  name: string,
  setup: string,
  copies: readonly Copy[],
): Promise<string[]> {
  const recipe = [setup, ...copies.flatMap((copy) => [copy.name, copy.query, copy.options])].join('\n')
  const folder = await keptFolder(directory, name, recipe, (draft) => writeCopies(draft, setup, copies))
  return copies.map((copy) => join(folder, copy.name))
}

/** Runs `setup`, then writes the files of `copies` into `folder`. */
export async function writeCopies(folder: string, setup: string, copies: readonly Copy[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const connection = await instance.connect()
    await connection.run(setup)
    for (const copy of copies) {
      const path = join(folder, copy.name).replaceAll("'", "''")
      await connection.run(`copy (${copy.query}) to '${path}' (${copy.options})`)
    }
    connection.closeSync()
  } finally {
    instance.closeSync()
  }
}
