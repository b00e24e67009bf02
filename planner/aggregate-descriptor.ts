import type { TypedAggregate } from './expression.js'
import type { DataType, Schema } from './types.js'

/** A grouping and its aggregates, apart from the input: plain data that tells every worker the same. */
export interface AggregateDescriptor {
  readonly keys: readonly { readonly name: string; readonly type: DataType }[]
  readonly aggregates: readonly TypedAggregate[]
  /** Of the output: keys, then aggregates. */
  readonly schema: Schema
}
