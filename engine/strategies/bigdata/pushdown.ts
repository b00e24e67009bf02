/** Whole plans as SQL over Parquet files, for DuckDB to run without volley's workers. */

import { ParquetSource } from '../../../io/parquet/source.js'
import type { TableOf } from '../../../planner/duckdb-sql/plan.js'
import { pushdownOf } from '../../../planner/duckdb-sql/pushdown.js'
import { parquetScanSql, type ScannedColumn } from '../../../planner/duckdb-sql/scans.js'
import { InternalError } from '../../../planner/errors.js'
import type { ResolvedPlan } from '../../../planner/logical-plan.js'
import type { PlanOf } from '../../../planner/plan-tree.js'
import type { Schema } from '../../../planner/types.js'
import type { SourceLookup } from '../../lower.js'
import type { Unsupported } from '../strategy.js'

/** A SELECT whose columns have the plan's names and types. */
export interface Pushdown {
  readonly select: string
  readonly schema: Schema
}

/** `plan` is optimized, and its sources are open. */
export function pushdown(plan: ResolvedPlan, sourceOf: SourceLookup): Pushdown | Unsupported {
  const pushed = pushdownOf(plan, sourceOf)
  if (pushed.kind === 'refused') return { reason: pushed.reason }
  return { select: pushed.sql(tablesOf(sourceOf)), schema: plan.schema }
}

function tablesOf(sourceOf: SourceLookup): TableOf {
  return (scan, position) => {
    const source = parquetSourceOf(scan, sourceOf)
    const table = parquetScanSql(source.files, scannedColumns(source, scan.schema), position)
    return scan.limit === null ? table : `(SELECT * FROM ${table} LIMIT ${scan.limit})`
  }
}

/** Columns of a source as DuckDB is to read them. */
export function scannedColumns(source: ParquetSource, schema: Schema): ScannedColumn[] {
  return schema.fields.map(({ name, type }) => ({ name, type, constants: source.constantsOf(name) }))
}

function parquetSourceOf(scan: PlanOf<'scan'>, sourceOf: SourceLookup): ParquetSource {
  const source = sourceOf(scan.source)
  if (source instanceof ParquetSource) return source
  throw new InternalError(`source ${source.label} of format ${source.format} was pushed down`)
}
