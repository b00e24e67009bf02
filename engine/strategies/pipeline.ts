/**
 * The physical form of a plan: pipelines of operators that a batch passes without waiting, cut at the breakers.
 *
 * A pipeline reads from its source and passes each morsel through its steps. A source that is a breaker holds the
 * pipelines that feed it.
 */

import type { Batch } from '../../io/batch.js'
import type { Source } from '../../io/source.js'
import type { Component, PortSchemas } from '../../planner/component.js'
import { unreachable } from '../../planner/errors.js'
import type {
  NamedExpression,
  SortKey,
  TypedAggregate,
  TypedExpression,
  TypedWindow,
} from '../../planner/expression.js'
import type { FirstRows, JoinKind, ResolvedPlan, UserFunction } from '../../planner/logical-plan.js'
import { field, type Schema, schemaOf } from '../../planner/types.js'
import type { PlanPart, PlanPiece } from '../metrics/plan-part.js'
import type { ChainEnd, ChainStep } from '../workers/messages.js'

/** A join whose probe side flows through and whose build side is another pipeline. */
export interface JoinStep extends PlanPiece {
  readonly kind: 'join'
  readonly how: Exclude<JoinKind, 'right'>
  readonly schema: Schema
  readonly probeKeys: readonly TypedExpression[]
  readonly buildKeys: readonly TypedExpression[]
  readonly build: Pipeline
  /** Columns of the build side that the result has. */
  readonly buildColumns: readonly number[]
}

export type PipelineStep = Exclude<ChainStep, { kind: 'probe' | 'firstRows' }> | JoinStep

export type PipelineSource = PlanPiece &
  (
    | {
        readonly kind: 'scan'
        readonly source: Source
        readonly columns: readonly string[]
        readonly predicate: TypedExpression | null
      }
    | {
        readonly kind: 'aggregate'
        readonly input: Pipeline
        readonly keys: readonly NamedExpression[]
        readonly aggregates: readonly TypedAggregate[]
      }
    | {
        readonly kind: 'sort'
        readonly input: Pipeline
        readonly keys: readonly SortKey<TypedExpression>[]
        readonly limit: number | null
      }
    | {
        readonly kind: 'window'
        readonly input: Pipeline
        readonly windows: readonly TypedWindow[]
        /** The rows of each partition that are wanted; null for all. */
        readonly first: FirstRows | null
      }
    | { readonly kind: 'limit'; readonly input: Pipeline; readonly count: number | null; readonly offset: number }
    | { readonly kind: 'union'; readonly inputs: readonly Pipeline[] }
    /** A join of which the unmatched build rows are wanted too, once all probe rows have passed. */
    | { readonly kind: 'outerJoin'; readonly input: Pipeline; readonly join: JoinStep }
    | {
        readonly kind: 'closure'
        readonly input: Pipeline
        readonly mode: 'batch' | 'row'
        readonly function: Extract<UserFunction, { kind: 'closure' }>
        readonly schema: Schema
      }
    | {
        readonly kind: 'component'
        readonly input: Pipeline
        /** What the input is lowered from. */
        readonly inputPlan: ResolvedPlan
        readonly component: Component
        readonly ports: PortSchemas
        readonly schema: Schema
      }
    /** Batches that come from elsewhere; taken once. */
    | { readonly kind: 'stream'; readonly schema: Schema; readonly rows: () => Promise<BreakerRows> }
  )

/** What a breaker puts out: batches, or a query for them that DuckDB has yet to run, over tables to be dropped. */
export type BreakerRows =
  | { readonly kind: 'batches'; readonly batches: AsyncGenerator<Batch> }
  | { readonly kind: 'query'; readonly sql: string; readonly tables: readonly { drop(): void }[] }

export interface Pipeline {
  readonly source: PipelineSource
  readonly steps: readonly PipelineStep[]
  /** Columns that leave the last step. */
  readonly schema: Schema
}

/** What the morsels of a feed come of: a source, or files that a breaker wrote. */
export type FeedSource = PipelineSource | (PlanPiece & { readonly kind: 'spilled'; readonly schema: Schema })

/** The columns that a source gives to the steps after it. */
export function sourceSchema(source: FeedSource): Schema {
  switch (source.kind) {
    case 'scan': {
      const { fields } = source.source.schema
      return schemaOf(source.columns.flatMap((name) => fields.find((column) => column.name === name) ?? []))
    }
    case 'aggregate':
      return schemaOf([
        ...source.keys.map(({ name, expression }) => field(name, expression.type)),
        ...source.aggregates.map(({ name, type }) => field(name, type)),
      ])
    case 'window':
      return schemaOf([...source.input.schema.fields, ...source.windows.map(({ name, type }) => field(name, type))])
    case 'sort':
    case 'limit':
      return source.input.schema
    case 'union':
      return source.inputs[0].schema
    case 'outerJoin':
      return source.join.schema
    case 'closure':
    case 'component':
    case 'stream':
    case 'spilled':
      return source.schema
    default:
      return unreachable(source)
  }
}

/**
 * The nodes that the pieces of a chain work for: its source, its steps, its end. Null where a piece is measured
 * elsewhere: a source that is no scan, an end that only puts batches out.
 */
export function chainParts(
  source: FeedSource,
  steps: readonly ChainStep[],
  end: ChainEnd,
): readonly (PlanPart | null)[] {
  return [
    source.kind === 'scan' ? (source.node ?? null) : null,
    ...steps.map((step) => step.node ?? null),
    end.kind === 'output' ? null : (end.node ?? null),
  ]
}
