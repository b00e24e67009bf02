/** From what the user wrote to a plan that can run: parse texts, open sources, resolve names and types, optimize. */

import type { SqlParser } from '../io/duckdb/parser.js'
import type { ScalarValue, TypedExpression } from '../planner/expression.js'
import type { LogicalPlan, ResolvedPlan, TableSource } from '../planner/logical-plan.js'
import { optimize } from '../planner/optimizer/optimizer.js'
import { resolvePlan } from '../planner/resolve.js'
import { expandPlan, parseTexts, type TableReference } from '../planner/sql/expand.js'
import { evaluateScalar } from './kernels/evaluate.js'
import { RowError } from './kernels/kernel.js'
import type { SourceRegistry } from './sources.js'

export interface QueryEnvironment {
  readonly sources: SourceRegistry
  readonly parser: SqlParser
  /** A plan that scans what a query names; null if it names no file of a known format. */
  readonly scanOf: (reference: TableReference) => LogicalPlan | null
  /** A table of one row. */
  readonly oneRow: LogicalPlan
}

/** The plan with names and types settled, as the user wrote it; every source in it is open. */
export async function resolveQuery(plan: LogicalPlan, environment: QueryEnvironment): Promise<ResolvedPlan> {
  const { sources, parser, scanOf, oneRow } = environment
  const parsed = await parseTexts(plan, (statements) => parser.parse(statements))
  const tables = new Map(parsed.references.map((reference) => [reference.key, scanOf(reference)]))
  for (const table of [plan, oneRow, ...tables.values()]) {
    for (const source of table === null ? [] : scannedBy(table)) await sources.open(source)
  }
  const resolve = (expanded: LogicalPlan) => resolvePlan(expanded, (source) => sources.sourceOf(source).schema)
  const expanded = expandPlan(plan, parsed, {
    lookup: ({ key }) => tables.get(key) ?? null,
    columnsOf: (table) => resolve(table).schema.fields.map((field) => field.name),
    oneRow,
  })
  return resolve(expanded)
}

/** An equivalent plan that does less. */
export function optimizeQuery(plan: ResolvedPlan, sources: SourceRegistry): ResolvedPlan {
  return optimize(plan, {
    evaluateConstant,
    estimateRows: ({ source, schema, predicate }) =>
      sources.sourceOf(source).estimate({ columns: schema.fields.map((field) => field.name), predicate }).rows,
  })
}

/** The value of an expression without columns; undefined if it cannot be computed, which a run will then report. */
function evaluateConstant(expression: TypedExpression): ScalarValue | undefined {
  try {
    return evaluateScalar(expression, () => null)
  } catch (error) {
    if (error instanceof RowError) return undefined
    throw error
  }
}

function scannedBy(plan: LogicalPlan): readonly TableSource[] {
  switch (plan.kind) {
    case 'scan':
      return [plan.source]
    case 'sql':
      return Object.values(plan.tables).flatMap(scannedBy)
    case 'join':
      return [...scannedBy(plan.left), ...scannedBy(plan.right)]
    case 'union':
      return plan.inputs.flatMap(scannedBy)
    default:
      return scannedBy(plan.input)
  }
}
