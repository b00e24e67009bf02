/**
 * The part of DuckDB's syntax tree that volley reads, as `json_serialize_sql` writes it with null, empty and default
 * values left out. The tree comes from DuckDB itself, so its shape is trusted; its kinds are checked where they are used.
 */

export interface AstType {
  readonly id: string
  readonly type_info?: {
    readonly name?: string
    readonly width?: number
    readonly scale?: number
    readonly child_type?: AstType
    readonly child_types?: readonly { readonly first: string; readonly second: AstType }[]
  }
}

/** Integers beyond 2^53 are strings of digits; 128-bit ones are split. */
export type AstInteger = number | string | { readonly upper: number | string; readonly lower: number | string }

export interface AstValue {
  readonly type: AstType
  readonly is_null: boolean
  /** Absent for an empty string. */
  readonly value?: AstInteger | boolean
}

interface Node {
  readonly alias?: string
  /** Offset in the SQL text, in bytes of UTF-8. */
  readonly query_location?: number
}

export type AstExpression = Node &
  (
    | { readonly class: 'COLUMN_REF'; readonly column_names: readonly string[] }
    | { readonly class: 'CONSTANT'; readonly value: AstValue }
    | {
        readonly class: 'FUNCTION'
        readonly function_name: string
        readonly children?: readonly AstExpression[]
        readonly filter?: AstExpression
        readonly distinct?: boolean
        readonly order_bys?: { readonly orders?: readonly AstOrder[] }
      }
    | {
        readonly class: 'COMPARISON'
        readonly type: string
        readonly left: AstExpression
        readonly right: AstExpression
      }
    | { readonly class: 'CONJUNCTION'; readonly type: string; readonly children: readonly AstExpression[] }
    | { readonly class: 'OPERATOR'; readonly type: string; readonly children: readonly AstExpression[] }
    | {
        readonly class: 'BETWEEN'
        readonly input: AstExpression
        readonly lower: AstExpression
        readonly upper: AstExpression
      }
    | {
        readonly class: 'CAST'
        readonly child: AstExpression
        readonly cast_type: AstType
        readonly try_cast?: boolean
      }
    | {
        readonly class: 'CASE'
        readonly case_checks: readonly { readonly when_expr: AstExpression; readonly then_expr: AstExpression }[]
        readonly else_expr: AstExpression
      }
    | AstWindow
    | AstSubquery
    | AstStar
    | { readonly class: 'COLLATE' }
    | { readonly class: 'LAMBDA' }
    | { readonly class: 'PARAMETER' }
    | { readonly class: 'POSITIONAL_REFERENCE' }
    | { readonly class: 'DEFAULT' }
  )

export interface AstWindow extends Node {
  readonly class: 'WINDOW'
  readonly function_name: string
  readonly children?: readonly AstExpression[]
  readonly partitions?: readonly AstExpression[]
  readonly orders?: readonly AstOrder[]
  readonly start: string
  readonly end: string
  readonly start_expr?: AstExpression
  readonly end_expr?: AstExpression
  readonly offset_expr?: AstExpression
  readonly default_expr?: AstExpression
  readonly filter_expr?: AstExpression
  readonly distinct?: boolean
  readonly ignore_nulls?: boolean
  readonly exclude_clause?: string
  readonly arg_orders?: readonly AstOrder[]
}

export interface AstSubquery extends Node {
  readonly class: 'SUBQUERY'
  readonly subquery_type: 'SCALAR' | 'EXISTS' | 'NOT_EXISTS' | 'ANY'
  readonly subquery: { readonly node: AstQuery }
  readonly child?: AstExpression
  readonly comparison_type: string
}

export interface AstStar extends Node {
  readonly class: 'STAR'
  readonly relation_name?: string
  readonly exclude_list?: readonly string[]
  readonly replace_list?: readonly { readonly key: string; readonly value: AstExpression }[]
  readonly rename_list?: readonly { readonly key: { readonly column: string }; readonly value: string }[]
  readonly columns?: boolean
  readonly expr?: AstExpression
}

export interface AstOrder {
  readonly type: 'ORDER_DEFAULT' | 'ASCENDING' | 'DESCENDING'
  readonly null_order: 'ORDER_DEFAULT' | 'NULLS FIRST' | 'NULLS LAST'
  readonly expression: AstExpression
}

export type AstModifier =
  | { readonly type: 'ORDER_MODIFIER'; readonly orders: readonly AstOrder[] }
  | { readonly type: 'LIMIT_MODIFIER'; readonly limit?: AstExpression; readonly offset?: AstExpression }
  | { readonly type: 'LIMIT_PERCENT_MODIFIER' }
  | { readonly type: 'DISTINCT_MODIFIER'; readonly distinct_on_targets?: readonly AstExpression[] }

interface QueryNode {
  readonly cte_map?: { readonly map?: readonly AstCte[] }
  readonly modifiers?: readonly AstModifier[]
}

export interface AstCte {
  readonly key: string
  readonly value: { readonly query: { readonly node: AstQuery }; readonly aliases?: readonly string[] }
}

export interface AstSelect extends QueryNode {
  readonly type: 'SELECT_NODE'
  readonly select_list: readonly AstExpression[]
  readonly from_table: AstTable
  readonly where_clause?: AstExpression
  readonly group_expressions?: readonly AstExpression[]
  readonly group_sets?: readonly (readonly number[])[]
  readonly aggregate_handling: 'STANDARD_HANDLING' | 'FORCE_AGGREGATES' | 'NO_AGGREGATES_ALLOWED'
  readonly having?: AstExpression
  readonly qualify?: AstExpression
  readonly sample?: unknown
}

export interface AstSetOperation extends QueryNode {
  readonly type: 'SET_OPERATION_NODE'
  readonly setop_type: 'UNION' | 'EXCEPT' | 'INTERSECT' | 'UNION_BY_NAME'
  /** Absent means true. */
  readonly setop_all?: boolean
  readonly left: AstQuery
  readonly right: AstQuery
}

export type AstQuery =
  | AstSelect
  | AstSetOperation
  | (QueryNode & { readonly type: 'RECURSIVE_CTE_NODE' })
  | (QueryNode & { readonly type: 'CTE_NODE' })

interface TableNode extends Node {
  readonly column_name_alias?: readonly string[]
  readonly sample?: unknown
}

export interface AstJoin extends TableNode {
  readonly type: 'JOIN'
  readonly left: AstTable
  readonly right: AstTable
  readonly condition?: AstExpression
  readonly join_type: string
  readonly ref_type: string
  readonly using_columns?: readonly string[]
}

export type AstTable =
  | (TableNode & { readonly type: 'EMPTY' })
  | (TableNode & {
      readonly type: 'BASE_TABLE'
      readonly table_name: string
      readonly schema_name?: string
      readonly catalog_name?: string
    })
  | AstJoin
  | (TableNode & { readonly type: 'SUBQUERY'; readonly subquery: { readonly node: AstQuery } })
  | (TableNode & { readonly type: 'TABLE_FUNCTION'; readonly function: AstExpression })
  | (TableNode & { readonly type: 'EXPRESSION_LIST'; readonly values: readonly (readonly AstExpression[])[] })
  | (TableNode & { readonly type: 'PIVOT' | 'SHOW_REF' | 'COLUMN_DATA' | 'DELIM_GET' | 'CTE' | 'BOUND_TABLE_REF' })

/** The query of a statement that `SqlParser` returned. */
export function queryOf(statement: unknown): AstQuery {
  return (statement as { node: AstQuery }).node
}
