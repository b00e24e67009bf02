/**
 * Expression nodes: frozen plain data, without methods.
 *
 * `Expression` is what a user wrote; `TypedExpression` is what the resolver makes of it: names are column indexes,
 * every node has a type, and every coercion is an explicit cast, so that a kernel finds exactly the types it takes.
 */

import type { DataType } from './types.js'

/** Months, days and microseconds, kept apart as in SQL. */
export interface Interval {
  readonly months: number
  readonly days: number
  readonly micros: bigint
}

/**
 * A value outside of a vector, by type:
 *   bool → boolean; integers to 32 bits and floats → number; 64-bit integers → bigint;
 *   decimal → unscaled bigint; utf8 → string; binary → Uint8Array; date → days since 1970 as number;
 *   time, timestamp, duration → count of units as bigint; interval → Interval; nested → array, object, Map; null → null.
 */
export type ScalarValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Interval
  | readonly ScalarValue[]
  | { readonly [name: string]: ScalarValue }
  | ReadonlyMap<ScalarValue, ScalarValue>

export interface SortKey<E = Expression> {
  readonly expression: E
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** Bounds count rows from the current one, negative before it; null is unbounded. */
export interface WindowFrame {
  readonly unit: 'rows' | 'range'
  readonly start: number | null
  readonly end: number | null
}

export type Expression =
  /** `position` is an offset in the SQL text the node came from, in characters. */
  | { readonly kind: 'column'; readonly name: string; readonly table?: string; readonly position?: number }
  /** `type` null asks the resolver to choose by the value, as for a constant written in SQL. */
  | {
      readonly kind: 'literal'
      readonly value: ScalarValue
      readonly type: DataType | null
      readonly position?: number
    }
  /** SQL text, parsed before resolution; may stand for several expressions where a list is taken. */
  | { readonly kind: 'text'; readonly text: string }
  /** `function` is a canonical name of `functions.ts`. */
  | {
      readonly kind: 'call'
      readonly function: string
      readonly arguments: readonly Expression[]
      readonly position?: number
    }
  | {
      readonly kind: 'cast'
      readonly argument: Expression
      readonly type: DataType
      readonly try: boolean
      readonly position?: number
    }
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
      readonly otherwise: Expression | null
      readonly position?: number
    }
  | { readonly kind: 'alias'; readonly argument: Expression; readonly name: string }
  /** All columns of the input, or of `table`; `exclude` names some to leave out. */
  | { readonly kind: 'star'; readonly table?: string; readonly exclude?: readonly string[] }
  /** `argument` null counts rows. `parameter` is the quantile's fraction. */
  | {
      readonly kind: 'aggregate'
      readonly function: string
      readonly argument: Expression | null
      readonly parameter: number | null
      readonly distinct: boolean
      readonly filter: Expression | null
      readonly position?: number
    }
  /** `arguments` of ranking functions (`rank`, `rowNumber`, `lag`, `lead`, ...) or of an aggregate. */
  | {
      readonly kind: 'window'
      readonly function: string
      readonly arguments: readonly Expression[]
      readonly partitionBy: readonly Expression[]
      readonly orderBy: readonly SortKey[]
      readonly frame: WindowFrame | null
      readonly position?: number
    }

export type TypedExpression =
  | { readonly kind: 'column'; readonly index: number; readonly name: string; readonly type: DataType }
  | { readonly kind: 'literal'; readonly value: ScalarValue; readonly type: DataType }
  | {
      readonly kind: 'call'
      readonly function: string
      readonly arguments: readonly TypedExpression[]
      readonly type: DataType
    }
  | { readonly kind: 'cast'; readonly argument: TypedExpression; readonly type: DataType; readonly try: boolean }
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: TypedExpression; readonly then: TypedExpression }[]
      readonly otherwise: TypedExpression
      readonly type: DataType
    }

export interface NamedExpression {
  readonly name: string
  readonly expression: TypedExpression
}

/** One aggregate of a group. `argument` is null for `countStar`. */
export interface TypedAggregate {
  readonly name: string
  readonly function: string
  readonly argument: TypedExpression | null
  readonly parameter: number | null
  readonly distinct: boolean
  readonly filter: TypedExpression | null
  readonly type: DataType
}

export interface TypedWindow {
  readonly name: string
  readonly function: string
  readonly arguments: readonly TypedExpression[]
  readonly partitionBy: readonly TypedExpression[]
  readonly orderBy: readonly SortKey<TypedExpression>[]
  readonly frame: WindowFrame | null
  readonly type: DataType
}
