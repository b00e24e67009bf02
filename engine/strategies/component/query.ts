/** Queries of components: their whole input goes into a table of DuckDB's, and the result comes back as batches. */

import type { Batch } from '../../../io/batch.js'
import { quoteName, storedTypeName } from '../../../io/duckdb/types.js'
import type { Schema } from '../../../planner/types.js'
import type { Run } from '../../run.js'
import { queried, StagedRows } from '../bigdata/staged-rows.js'

/** Makes a query over the table that `relation` names, as it stands in a FROM clause. */
export type WriteQuery = (relation: string) => string

/** The consumer owns the batches, whose columns are converted to those of `output`. The input is taken over. */
export async function* queryInput(
  run: Run,
  input: AsyncIterable<Batch>,
  inputSchema: Schema,
  output: Schema,
  write: WriteQuery,
): AsyncGenerator<Batch> {
  const staged = await StagedRows.create(run, inputSchema)
  let sql: string
  try {
    await staged.appendAll(input)
    sql = selected(write(relationOf(staged.table, inputSchema)), output)
  } catch (error) {
    await staged.drop()
    throw error
  }
  yield* queried(run, sql, output, [staged])
}

function relationOf(table: string, { fields }: Schema): string {
  const columns = fields.map(({ name }, index) => `c${index} AS ${quoteName(name)}`)
  return `(SELECT ${columns.join(', ')} FROM ${table})`
}

/** What the user wrote may end with a semicolon, or else with a comment. */
function selected(query: string, { fields }: Schema): string {
  const columns = fields.map(({ name, type }) => `CAST(${quoteName(name)} AS ${storedTypeName(type)})`)
  return `SELECT ${columns.join(', ')} FROM (${query.replace(/[;\s]+$/, '')}\n)`
}
