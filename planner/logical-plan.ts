/** Plan nodes: frozen plain data. `LogicalPlan` is what the user asked; `ResolvedPlan` has names and types settled. */

import type { Component, PortSchemas } from './component.js'
import type {
  Expression,
  NamedExpression,
  SortKey,
  TypedAggregate,
  TypedExpression,
  TypedWindow,
} from './expression.js'
import type { Schema } from './types.js'

/** A table that can be read. The planner sees no more of it; `io/source.ts` has the rest. */
export interface TableSource {
  readonly id: number
  /** `parquet`, `arrow`, `csv`, `ndjson`, `memory` or `records`. */
  readonly format: string
  /** Names it in explain and errors: a path, a glob, `3 files`, `memory`. */
  readonly label: string
}

export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'cross'

/** A user function applied to batches or rows: a module that workers load, or a closure of the main thread. */
export type UserFunction =
  | {
      readonly kind: 'module'
      readonly module: string
      readonly function: string
      readonly kwargs: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'closure'; readonly id: number; readonly label: string; readonly call: (input: never) => unknown }

export type LogicalPlan =
  | { readonly kind: 'scan'; readonly source: TableSource }
  /** A whole SQL query; expanded into the other kinds once parsed. */
  | { readonly kind: 'sql'; readonly text: string; readonly tables: Readonly<Record<string, LogicalPlan>> }
  | { readonly kind: 'filter'; readonly input: LogicalPlan; readonly predicate: Expression }
  /** Exactly these columns. */
  | { readonly kind: 'select'; readonly input: LogicalPlan; readonly expressions: readonly Expression[] }
  /** The input's columns, with these added or replaced. */
  | {
      readonly kind: 'withColumns'
      readonly input: LogicalPlan
      readonly columns: Readonly<Record<string, Expression>>
    }
  | { readonly kind: 'rename'; readonly input: LogicalPlan; readonly names: Readonly<Record<string, string>> }
  | { readonly kind: 'drop'; readonly input: LogicalPlan; readonly names: readonly string[] }
  | {
      readonly kind: 'aggregate'
      readonly input: LogicalPlan
      readonly keys: readonly Expression[]
      readonly aggregates: Readonly<Record<string, Expression>>
    }
  | {
      readonly kind: 'join'
      readonly left: LogicalPlan
      readonly right: LogicalPlan
      readonly how: JoinKind
      readonly leftOn: readonly Expression[]
      readonly rightOn: readonly Expression[]
      /** True if `on` was given: the right key columns are then left out of the result. */
      readonly sharedKeys: boolean
      /** Appended to right columns whose names the left has too. */
      readonly suffix: string
    }
  | { readonly kind: 'sort'; readonly input: LogicalPlan; readonly keys: readonly SortKey[] }
  | { readonly kind: 'limit'; readonly input: LogicalPlan; readonly count: number | null; readonly offset: number }
  /** First row of each distinct combination of `names`, or of all columns if null. */
  | { readonly kind: 'distinct'; readonly input: LogicalPlan; readonly names: readonly string[] | null }
  | { readonly kind: 'union'; readonly inputs: readonly LogicalPlan[] }
  | {
      readonly kind: 'map'
      readonly input: LogicalPlan
      readonly mode: 'batch' | 'row'
      readonly function: UserFunction
      readonly schema: Schema
    }
  | {
      readonly kind: 'component'
      readonly input: LogicalPlan
      readonly component: Component
      /** Of the port `main`. */
      readonly schema: Schema
      readonly ports: PortSchemas
    }

/** The first rows of each partition in the order of a window. */
export interface FirstRows {
  readonly count: number
  /** True if the rows that are equal to the last one by the first key of the order are wanted, too. */
  readonly peers: boolean
}

/** What a user function or an equality may assume of a resolved node: every kind carries its output schema. */
export type ResolvedPlan =
  | {
      readonly kind: 'scan'
      readonly source: TableSource
      /** The columns read, in this order: a subset of the source's. */
      readonly schema: Schema
      /** Over `schema`; lets readers skip what cannot match. It is only a hint: a filter above still decides. */
      readonly predicate: TypedExpression | null
      /** Rows after which reading may stop, or null; only set when no filter stands between. */
      readonly limit: number | null
    }
  | {
      readonly kind: 'filter'
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly predicate: TypedExpression
    }
  | {
      readonly kind: 'project'
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly expressions: readonly NamedExpression[]
    }
  /** Columns: keys, then aggregates. No keys: exactly one row. */
  | {
      readonly kind: 'aggregate'
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly keys: readonly NamedExpression[]
      readonly aggregates: readonly TypedAggregate[]
    }
  /**
   * Columns: the left's, then those of `rightColumns` (indexes in the right schema); semi and anti have the left's only.
   * Keys are pairwise of equal type. NULL keys match nothing. With `sharedKeys`, right and full joins take a key from
   * whichever side has the row.
   */
  | {
      readonly kind: 'join'
      readonly schema: Schema
      readonly left: ResolvedPlan
      readonly right: ResolvedPlan
      readonly how: JoinKind
      readonly leftKeys: readonly TypedExpression[]
      readonly rightKeys: readonly TypedExpression[]
      readonly rightColumns: readonly number[]
      readonly sharedKeys: boolean
    }
  /** Stable. With `limit`, only the first `limit` rows are wanted (top-k). */
  | {
      readonly kind: 'sort'
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly keys: readonly SortKey<TypedExpression>[]
      readonly limit: number | null
    }
  | {
      readonly kind: 'limit'
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly count: number | null
      readonly offset: number
    }
  /** First row, in input order, of each distinct combination of the columns `on`. */
  | { readonly kind: 'distinct'; readonly schema: Schema; readonly input: ResolvedPlan; readonly on: readonly number[] }
  | { readonly kind: 'union'; readonly schema: Schema; readonly inputs: readonly ResolvedPlan[] }
  | {
      readonly kind: 'map'
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly mode: 'batch' | 'row'
      readonly function: UserFunction
    }
  | {
      readonly kind: 'component'
      /** Of the port `main`. */
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly component: Component
      readonly ports: PortSchemas
    }
  /** Columns: the input's, then one for each window. */
  | {
      readonly kind: 'window'
      readonly schema: Schema
      readonly input: ResolvedPlan
      readonly windows: readonly TypedWindow[]
      /** If given, other rows are not wanted; some may be left out. */
      readonly first?: FirstRows
    }
