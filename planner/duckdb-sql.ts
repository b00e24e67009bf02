/** Plans and their parts as SQL for DuckDB. */

export { isOrderedAggregate, sqlOfAggregate } from './duckdb-sql/aggregates.js'
export { type CopyStatement, copyStatement } from './duckdb-sql/copy.js'
export { type ColumnName, sqlOfExpression, sqlOfSortKey, sqlOfSortKeys } from './duckdb-sql/expressions.js'
export { sqlOfLiteral } from './duckdb-sql/literals.js'
export { NoSql } from './duckdb-sql/no-sql.js'
export { promisesOrder, sqlOfPlan, type TableOf } from './duckdb-sql/plan.js'
export { type Pushdown, pushdownOf } from './duckdb-sql/pushdown.js'
export { quoteName, quoteText } from './duckdb-sql/quoting.js'
export {
  parquetScanSql,
  type ScannedColumn,
  type ScannedFile,
  type ScannedSource,
  scanRefusal,
} from './duckdb-sql/scans.js'
export { typedSelect } from './duckdb-sql/select.js'
export { SESSION_SETTINGS } from './duckdb-sql/session.js'
export { duckDbType } from './duckdb-sql/types.js'
export { needsOrder, sqlOfWindow } from './duckdb-sql/windows.js'
