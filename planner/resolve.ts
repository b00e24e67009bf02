/** Settles the names and types of a plan: what the user asked becomes what can be optimized and run. */

import { InternalError, unreachable } from './errors.js'
import type { LogicalPlan, ResolvedPlan, TableSource } from './logical-plan.js'
import { resolveAggregate } from './resolve/aggregation.js'
import { columnAt } from './resolve/columns.js'
import { resolveCondition } from './resolve/expressions.js'
import { distinctColumns, resolveJoin } from './resolve/join.js'
import { project, resolveDrop, resolveRename, resolveSelect, resolveWithColumns } from './resolve/projection.js'
import { resolveUnion } from './resolve/union.js'
import { comparableKey, WindowCollector } from './resolve/windows.js'
import type { Schema } from './types.js'

export type SchemaOf = (source: TableSource) => Schema

/**
 * Resolves a plan in which all SQL has been parsed. `schemaOf` tells the columns of the sources it scans.
 *
 * @throws VolleyError VOLLEY_UNKNOWN_COLUMN, VOLLEY_AMBIGUOUS_COLUMN, VOLLEY_DUPLICATE_COLUMN, VOLLEY_TYPE_MISMATCH,
 *   VOLLEY_SCHEMA_MISMATCH, VOLLEY_UNKNOWN_FUNCTION, VOLLEY_INVALID_ARGUMENT or VOLLEY_UNSUPPORTED.
 */
export function resolvePlan(plan: LogicalPlan, schemaOf: SchemaOf): ResolvedPlan {
  const resolved = (input: LogicalPlan) => resolvePlan(input, schemaOf)
  switch (plan.kind) {
    case 'scan':
      return { kind: 'scan', source: plan.source, schema: schemaOf(plan.source), predicate: null, limit: null }
    case 'sql':
      throw new InternalError(`the SQL query ${JSON.stringify(plan.text)} was not parsed`)
    case 'filter':
      return resolveFilter(resolved(plan.input), plan)
    case 'select':
      return resolveSelect(resolved(plan.input), plan)
    case 'withColumns':
      return resolveWithColumns(resolved(plan.input), plan)
    case 'rename':
      return resolveRename(resolved(plan.input), plan)
    case 'drop':
      return resolveDrop(resolved(plan.input), plan)
    case 'aggregate':
      return resolveAggregate(resolved(plan.input), plan)
    case 'join':
      return resolveJoin(resolved(plan.left), resolved(plan.right), plan)
    case 'sort':
      return resolveSort(resolved(plan.input), plan)
    case 'limit': {
      const input = resolved(plan.input)
      return { kind: 'limit', schema: input.schema, input, count: plan.count, offset: plan.offset }
    }
    case 'distinct': {
      const input = resolved(plan.input)
      return { kind: 'distinct', schema: input.schema, input, on: distinctColumns(input, plan.names) }
    }
    case 'union':
      return resolveUnion(plan.inputs.map(resolved))
    case 'map': {
      const { mode, function: userFunction, schema } = plan
      return { kind: 'map', schema, input: resolved(plan.input), mode, function: userFunction }
    }
    case 'component': {
      const { component, ports, schema } = plan
      return { kind: 'component', schema, input: resolved(plan.input), component, ports }
    }
    default:
      return unreachable(plan)
  }
}

/** A condition over window functions sees their results, which then go. */
function resolveFilter(input: ResolvedPlan, plan: Extract<LogicalPlan, { kind: 'filter' }>): ResolvedPlan {
  const windows = new WindowCollector(input, { schema: input.schema, place: 'filter' })
  const predicate = resolveCondition(plan.predicate, windows.scope)
  const source = windows.plan()
  const filter: ResolvedPlan = { kind: 'filter', schema: source.schema, input: source, predicate }
  return source === input ? filter : withoutAdded(filter, input.schema)
}

function resolveSort(input: ResolvedPlan, plan: Extract<LogicalPlan, { kind: 'sort' }>): ResolvedPlan {
  const windows = new WindowCollector(input, { schema: input.schema, place: 'sort' })
  const keys = plan.keys.map((key) => ({ ...key, expression: comparableKey(key.expression, windows.scope) }))
  const source = windows.plan()
  const sort: ResolvedPlan = { kind: 'sort', schema: source.schema, input: source, keys, limit: null }
  return source === input ? sort : withoutAdded(sort, input.schema)
}

/** The plan's first columns, as many as `schema` has. */
function withoutAdded(plan: ResolvedPlan, schema: Schema): ResolvedPlan {
  const outputs = schema.fields.map(({ name }, i) => ({ name, expression: columnAt(plan.schema, i) }))
  return project(plan, outputs, plan.kind)
}
