/** Probe: joins a slice with the build side of a join, whose table is in shared memory. */

import { type Batch, emptyVector } from '../../io/batch.js'
import type { TypedExpression } from '../../planner/expression.js'
import type { Schema } from '../../planner/types.js'
import { evaluateAll } from '../kernels/evaluate.js'
import { NO_ROW, take } from '../kernels/vectors.js'
import type { PlanPiece } from '../metrics/plan-part.js'
import { CrossProbe, type JoinPairs, type ProbeKind } from './join/pairs.js'
import { JoinTable } from './join.js'
import type { OperatorContext } from './operator-context.js'

/** Plain data: a step of a chain. */
export interface ProbeStep extends PlanPiece {
  readonly kind: 'probe'
  readonly how: 'inner' | 'left' | 'full' | 'semi' | 'anti' | 'cross'
  /** Columns: those of the probe side, then those of `build`. */
  readonly schema: Schema
  readonly keys: readonly TypedExpression[]
  /** Address of the join table; 0 for a cross join. */
  readonly table: number
  /** The columns of the build side that the result has, contiguous. */
  readonly build: Batch
}

/**
 * The joined rows in parts, in scratch. What all parts need is laid out at once, before the first is asked for: the
 * scratch of a part may be taken back before the next.
 */
export function probe(context: OperatorContext, step: ProbeStep, batch: Batch): Generator<Joined> {
  return joinedParts(context, step, batch, pairsOf(context, step, batch))
}

/** Joined rows, and the address of the u32 numbers of the probe rows that they come of. */
export type Joined = Batch & { readonly probeRows: number }

function* joinedParts(context: OperatorContext, step: ProbeStep, batch: Batch, pairs: Pairs): Generator<Joined> {
  for (let part = pairs.next(); part !== null; part = pairs.next()) {
    const { count, probe: probeRows, build: buildRows } = part
    const left = batch.columns.map((column) => take(context, column, probeRows, count))
    const nullable = step.how === 'left' || step.how === 'full'
    const right = step.build.columns.map((column) => take(context, column, buildRows, count, { nullable }))
    yield { schema: step.schema, length: count, columns: [...left, ...right], probeRows }
  }
}

/** The build rows of [start, start + count) that nothing has matched, with nulls for the probe side; in scratch. */
export function unmatchedBuild(context: OperatorContext, step: ProbeStep, start: number, count: number): Batch {
  const unmatched = JoinTable.attach(context, step.table).unmatchedBuild(start, count)
  const probeFields = step.schema.fields.slice(0, step.schema.fields.length - step.build.columns.length)
  const noRows = context.scratch(unmatched.count * 4)
  context.memory.u32.fill(NO_ROW, noRows / 4, noRows / 4 + unmatched.count)
  const left = probeFields.map(({ type }) =>
    take(context, emptyVector(type), noRows, unmatched.count, { nullable: true }),
  )
  const right = step.build.columns.map((column) => take(context, column, unmatched.indices, unmatched.count))
  return { schema: step.schema, length: unmatched.count, columns: [...left, ...right] }
}

interface Pairs {
  next(): JoinPairs | null
}

function pairsOf(context: OperatorContext, step: ProbeStep, batch: Batch): Pairs {
  if (step.how === 'cross') return new CrossProbe(context, batch.length, step.build.length)
  const keys = evaluateAll(context, step.keys, batch)
  return JoinTable.attach(context, step.table).probe(keys, batch.length, KINDS[step.how])
}

const KINDS: Record<Exclude<ProbeStep['how'], 'cross'>, ProbeKind> = {
  inner: 'inner',
  left: 'left',
  full: 'left',
  semi: 'semi',
  anti: 'anti',
}
