/**
 * What a pipeline has yet to read, as SQL: DuckDB then reads the rest of the files itself, and no row of it goes through
 * the workers and a table.
 */

import { ParquetSource } from '../../../io/parquet/source.js'
import type { Morsel } from '../../../io/source.js'
import { sqlOfExpression } from '../../../planner/duckdb-sql/expressions.js'
import { NoSql } from '../../../planner/duckdb-sql/no-sql.js'
import { parquetScanSql, type ScannedFile, scanRefusal } from '../../../planner/duckdb-sql/scans.js'
import { typedSelect } from '../../../planner/duckdb-sql/select.js'
import { field, type Schema, schemaOf } from '../../../planner/types.js'
import type { Run } from '../../run.js'
import type { ChainStep } from '../../workers/messages.js'
import type { MorselFeed } from '../bulk/feed.js'
import { type PipelineSource, sourceSchema } from '../pipeline.js'
import { scannedColumns } from './pushdown.js'

type ScanSource = Extract<PipelineSource, { kind: 'scan' }>

/** Steps over the rows of a source that DuckDB can do. */
export class SqlSteps {
  private constructor(
    private readonly source: ParquetSource,
    private readonly columns: Schema,
    private readonly steps: readonly ChainStep[],
  ) {}

  /** Null if DuckDB cannot read the source or do one of the steps just as we do, without records that fail if need be. */
  static of({ recovery }: Run, source: PipelineSource, steps: readonly ChainStep[]): SqlSteps | null {
    if (recovery.rejects !== null) return null
    if (source.kind !== 'scan' || !(source.source instanceof ParquetSource)) return null
    const columns = sourceSchema(source)
    if (refusalOf(source, columns) !== null) return null
    const known = new SqlSteps(source.source, columns, steps)
    return isSql(() => known.over(known.source.files)) ? known : null
  }

  /**
   * A SELECT of `c0`, `c1`, ... and the position `p0`, of the morsels that were not taken, which are taken by this; null if
   * there are none.
   */
  async rest(feed: MorselFeed, run: Run): Promise<string | null> {
    const files = await filesOf(
      feed.until(() => false),
      run,
    )
    return files.length === 0 ? null : this.over(files)
  }

  private over(files: readonly ScannedFile[]): string {
    const places = files.map(({ path }) => this.source.files.findIndex((file) => file.path === path))
    const columns = scannedColumns(this.source, this.columns).map((column) => ({
      ...column,
      constants: column.constants === null ? null : places.map((place) => column.constants![place]),
    }))
    const names = columns.map((_, index) => `c${index}`)
    const scan = `SELECT ${[...names, 'p0'].join(', ')} FROM ${parquetScanSql(files, columns, true)}`
    return this.steps.reduce((input, step) => stepOver(input, step, ['p0']), scan)
  }
}

/** A SELECT of steps over the rows of a query, with the names and types of `result`; null if a step is not DuckDB's. */
export function sqlOverQuery(
  query: string,
  columns: Schema,
  steps: readonly ChainStep[],
  result: Schema,
): string | null {
  const names = columns.fields.map((_, index) => `c${index}`).join(', ')
  const write = () =>
    typedSelect(
      steps.reduce((input, step) => stepOver(input, step, []), `SELECT * FROM (${query}) AS q(${names})`),
      result,
    )
  return isSql(write) ? write() : null
}

/** An expression over the columns `c0`, `c1`, ... @throws NoSql */
export function sqlOverColumns(expression: Parameters<typeof sqlOfExpression>[0]): string {
  return sqlOfExpression(expression, (index) => `c${index}`)
}

/** Whether all of something can be written as SQL. */
export function isSql(write: () => unknown): boolean {
  try {
    write()
    return true
  } catch (error) {
    if (error instanceof NoSql) return false
    throw error
  }
}

/** `others` are columns that are passed on. */
function stepOver(input: string, step: ChainStep, others: readonly string[]): string {
  switch (step.kind) {
    case 'filter':
      return `SELECT * FROM (${input}) WHERE ${sqlOverColumns(step.predicate)}`
    case 'project': {
      const list = step.expressions.map(({ expression }, index) => `${sqlOverColumns(expression)} AS c${index}`)
      return `SELECT ${[...list, ...others].join(', ')} FROM (${input})`
    }
    case 'top':
    case 'firstRows':
      // It only saves what follows some work.
      return input
    case 'check':
    case 'probe':
    case 'map':
      throw new NoSql(`${step.kind} is done by workers`)
  }
}

function refusalOf({ source }: ScanSource, schema: Schema): string | null {
  return scanRefusal({ kind: 'scan', source, schema, predicate: null, limit: null }, source)
}

/** In the order of the morsels, each file from its first morsel on: those left out between cannot match anyway. */
async function filesOf(morsels: AsyncIterable<Morsel>, { counts }: Run): Promise<ScannedFile[]> {
  const files = new Map<string, ScannedFile>()
  for await (const morsel of morsels) {
    if (morsel.kind !== 'parquet') continue
    counts.rowsIn += morsel.rows
    counts.bytesRead += morsel.ranges.reduce((sum, { length }) => sum + length, 0)
    if (files.has(morsel.path)) continue
    files.set(morsel.path, { path: morsel.path, fromRow: morsel.firstRow })
  }
  return [...files.values()]
}

/** The columns of a schema, then computed keys. */
export function withKeys(schema: Schema, keys: readonly { readonly type: Schema['fields'][number]['type'] }[]): Schema {
  return schemaOf([...schema.fields, ...keys.map((key, index) => field(`key ${index}`, key.type))])
}
