/** What a plan will need, as far as footers tell: upper bounds of rows, and of what breakers will hold. */

import { unreachable } from '../../planner/errors.js'
import type { ResolvedPlan } from '../../planner/logical-plan.js'
import { inputsOf } from '../../planner/plan-tree.js'
import type { SourceLookup } from '../lower.js'
import { rowBytes } from './in-flight.js'

/** Groups are taken to be one for so many rows: nothing tells how many there are before they are counted. */
const ROWS_PER_GROUP = 4
/** A group's hash, place in the table, and accumulators, beside its keys. */
const GROUP_BYTES = 48
/** Of a row in a join table or a sort's indexes. */
const INDEX_BYTES = 16

export interface Need {
  /** The most rows that the plan puts out; null if nobody knows. */
  readonly rows: number | null
  /** The most that its breakers hold at once; null if nobody knows. */
  readonly breakerBytes: number | null
  /** The breaker that holds most: `sort`, `aggregate`, ...; null if there is none. */
  readonly largest: string | null
}

interface Held {
  readonly bytes: number | null
  readonly kind: string
}

export function needOf(plan: ResolvedPlan, sourceOf: SourceLookup): Need {
  const held: Held[] = []
  const rows = rowsOf(plan, sourceOf, held)
  const known = held.flatMap(({ bytes, kind }) => (bytes === null ? [] : [{ bytes, kind }]))
  const largest = known.reduce<(typeof known)[number] | null>(
    (most, one) => (most === null || one.bytes > most.bytes ? one : most),
    null,
  )
  const isKnown = known.length === held.length
  return {
    rows,
    breakerBytes: isKnown ? known.reduce((sum, { bytes }) => sum + bytes, 0) : null,
    largest: largest?.kind ?? held[0]?.kind ?? null,
  }
}

/** The most rows of a node; adds what its breakers hold to `held`. */
function rowsOf(plan: ResolvedPlan, sourceOf: SourceLookup, held: Held[]): number | null {
  const inputs = inputsOf(plan).map((input) => rowsOf(input, sourceOf, held))
  const [first = null, second = null] = inputs
  const hold = (rows: number | null, bytesOfRow: number) =>
    held.push({ kind: plan.kind, bytes: rows === null ? null : rows * bytesOfRow })
  switch (plan.kind) {
    case 'scan': {
      const columns = plan.schema.fields.map((field) => field.name)
      return least(sourceOf(plan.source).estimate({ columns, predicate: plan.predicate }).rows, plan.limit)
    }
    case 'filter':
    case 'project':
    case 'map':
    case 'component':
      return first
    case 'limit':
      return least(first, plan.count)
    case 'union':
      return inputs.reduce((sum, rows) => (sum === null || rows === null ? null : sum + rows), 0)
    case 'sort': {
      const rows = least(first, plan.limit)
      hold(rows, rowBytes(plan.schema) + INDEX_BYTES)
      return rows
    }
    case 'window':
      hold(first, rowBytes(plan.schema) + INDEX_BYTES)
      return first
    case 'aggregate':
    case 'distinct': {
      if (plan.kind === 'aggregate' && plan.keys.length === 0) return 1
      const groups = first === null ? null : Math.ceil(first / ROWS_PER_GROUP)
      hold(groups, rowBytes(plan.schema) + GROUP_BYTES)
      return groups
    }
    case 'join': {
      const build = plan.how === 'right' ? first : second
      hold(build, rowBytes((plan.how === 'right' ? plan.left : plan.right).schema) + INDEX_BYTES)
      if (first === null || second === null) return null
      return plan.how === 'cross' ? first * second : Math.max(first, second)
    }
    default:
      return unreachable(plan)
  }
}

function least(rows: number | null, limit: number | null): number | null {
  if (limit === null) return rows
  return rows === null ? limit : Math.min(rows, limit)
}
