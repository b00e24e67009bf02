/** Queries of components: over a table of DuckDB's that collects the input, or over what DuckDB can read by itself. */

import type { Batch } from '../../../io/batch.js'
import { quoteName, storedTypeName } from '../../../io/duckdb/types.js'
import type { Schema } from '../../../planner/types.js'
import type { Run } from '../../run.js'
import { queried, StagedRows } from '../bigdata/staged-rows.js'

/** Rows that DuckDB reads by itself. */
export interface PushedRelation {
  /** As it stands in a FROM clause. */
  readonly sql: string
  /** Counts what was read, once it was. */
  readonly count: () => void
}

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
    staged.drop()
    throw error
  }
  yield* queried(run, sql, output, [staged])
}

function relationOf(table: string, { fields }: Schema): string {
  const columns = fields.map(({ name }, index) => `c${index} AS ${quoteName(name)}`)
  return `(SELECT ${columns.join(', ')} FROM ${table})`
}

/** The same without an input that would have to be collected first. */
export async function* queryRelation(
  run: Run,
  relation: PushedRelation,
  output: Schema,
  write: WriteQuery,
): AsyncGenerator<Batch> {
  yield* queried(run, selected(write(relation.sql), output), output, [])
  relation.count()
}

/** What the user wrote may end with a semicolon, or else with a comment. */
function selected(query: string, { fields }: Schema): string {
  const columns = fields.map(({ name, type }) => `CAST(${quoteName(name)} AS ${storedTypeName(type)})`)
  return `SELECT ${columns.join(', ')} FROM (${query.replace(/[;\s]+$/, '')}\n)`
}
