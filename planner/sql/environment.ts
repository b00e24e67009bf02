/** What the expansion of a query needs from outside of it. */

import type { Expression, ScalarValue } from '../expression.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstQuery } from './ast.js'
import type { Correlation } from './correlation.js'
import type { ScopeColumn } from './scope.js'
import type { SqlText } from './sql-text.js'

/** A table that a query names or a table function that it calls. */
export interface TableReference {
  /** Equal for references to the same table with the same options. */
  readonly key: string
  /** What a function such as `read_csv` reads; null for a name, which may be that of a file of any format. */
  readonly format: 'parquet' | 'csv' | 'ndjson' | 'arrow' | null
  /** The name, or the paths and globs that the function was given. */
  readonly names: readonly string[]
  /** Named arguments of the function. */
  readonly options: Readonly<Record<string, ScalarValue>>
  /** Offset in the SQL text, in characters. */
  readonly position?: number
}

/** A plan with the names of its columns, which are unique. */
export interface Relation {
  readonly plan: LogicalPlan
  readonly names: readonly string[]
  /** Of a correlated subquery: further columns of the plan, and what each must equal in the query around it. */
  readonly correlated?: readonly { readonly name: string; readonly outer: Expression }[]
}

export interface CommonTable {
  readonly query: AstQuery
  readonly aliases: readonly string[]
  readonly environment: QueryEnvironment
}

export interface QueryEnvironment {
  readonly text: SqlText
  /** By name in lower case. */
  readonly commonTables: ReadonlyMap<string, CommonTable>
  /** The names of those that were given with the text. */
  readonly tables: readonly string[]
  /** Null if there is no such table. */
  readonly lookup: (reference: TableReference) => Relation | null
  /** A table of one row, for SELECT without FROM and for VALUES. */
  readonly oneRow: LogicalPlan
  /** Expands a query inside of this one. */
  readonly expandQuery: (query: AstQuery, environment: QueryEnvironment) => Relation
  /** Columns of the queries around a subquery. */
  readonly outer: readonly ScopeColumn[]
  /** Set for a subquery whose WHERE may be joined to the query around it. */
  readonly correlation: Correlation | null
}
