/** What the stages that ran as part of one plan did, as far as the plan's own counts tell. */

import { unreachable } from '../../../planner/errors.js'
import type { Transform } from '../../../planner/pipeline/definition.js'
import type { FlatStage } from '../../../planner/pipeline/flatten.js'
import type { StageReport } from '../report.js'

/** What a plan read from its sources, by the stage that it ran for. */
export type PlanReads = ReadonlyMap<string, { readonly rows: number; readonly bytes: number }>

/**
 * A plan counts the rows that it reads and those that it gives. In between, steps that make one row of each tell how many
 * there were before and behind them; where two stages leave rows out in one plan, nobody counts those between them.
 */
export function withChainCounts(
  reports: readonly StageReport[],
  stages: readonly FlatStage[],
  reads: PlanReads,
): readonly StageReport[] {
  const byId = new Map(reports.map((report) => [report.id, report]))
  const stageOf = new Map(stages.map((stage) => [stage.id, stage]))
  for (const [id, read] of reads) {
    const chain = chainOf(stageOf.get(id)!, stageOf, byId)
    const [first] = chain
    countBackward(chain, byId)
    // What is told of a source is what was read of it, which conditions further on may have made less.
    if (first.kind === 'producer') byId.set(first.id, { ...byId.get(first.id)!, rowsOut: read.rows, bytes: read.bytes })
    countForward(chain, onlyInput(first, stageOf), byId)
  }
  countBranches(stages, byId)
  return reports.map((report) => byId.get(report.id) ?? report)
}

/** What leaves a stage is what each of its readers takes, also where several read it or one reads several. */
function countBranches(stages: readonly FlatStage[], byId: Map<string, StageReport>): void {
  const routed = new Set(
    stages.filter((stage) => stage.kind === 'processor' && stage.routes.length > 0).map(({ id }) => id),
  )
  for (const stage of stages) {
    const report = byId.get(stage.id)!
    if (report.status !== 'done' || report.rowsIn !== null || stage.inputs.length === 0) continue
    const taken = stage.inputs.map(({ stage: id, port }) =>
      port !== 'main' || routed.has(id) ? null : byId.get(id)!.rowsOut,
    )
    const rowsIn = taken.reduce((sum, rows) => (sum === null || rows === null ? null : sum + rows), 0)
    byId.set(stage.id, { ...report, rowsIn, rowsOut: report.rowsOut ?? (keepsRows(stage) ? rowsIn : null) })
  }
}

/** The stages of a run's plan that follow each other up to it, sources first, as far as each reads one alone. */
function chainOf(
  last: FlatStage,
  stageOf: ReadonlyMap<string, FlatStage>,
  byId: ReadonlyMap<string, StageReport>,
): readonly FlatStage[] {
  const chain = [last]
  for (;;) {
    const before = onlyInput(chain[0], stageOf)
    if (before === null || byId.get(before.id)!.rowsOut !== null) return chain
    chain.unshift(before)
  }
}

/** Null if a stage reads several, or a part of one. */
function onlyInput(stage: FlatStage, stageOf: ReadonlyMap<string, FlatStage>): FlatStage | null {
  if (stage.inputs.length !== 1 || Object.keys(stage.tables).length > 0) return null
  const [{ stage: id, port }] = stage.inputs
  const before = stageOf.get(id)!
  return port !== 'main' || (before.kind === 'processor' && before.routes.length > 0) ? null : before
}

function countBackward(chain: readonly FlatStage[], byId: Map<string, StageReport>): void {
  let passed: number | null = null
  for (const stage of [...chain].reverse()) {
    const report = byId.get(stage.id)!
    const rowsOut: number | null = report.rowsOut ?? passed
    const rowsIn: number | null = report.rowsIn ?? (keepsRows(stage) ? rowsOut : null)
    byId.set(stage.id, { ...report, rowsIn, rowsOut })
    passed = rowsIn
  }
}

function countForward(chain: readonly FlatStage[], before: FlatStage | null, byId: Map<string, StageReport>): void {
  let passed = before === null ? null : byId.get(before.id)!.rowsOut
  for (const stage of chain) {
    const report = byId.get(stage.id)!
    const rowsIn: number | null = report.rowsIn ?? passed
    const rowsOut: number | null = report.rowsOut ?? (keepsRows(stage) ? rowsIn : null)
    byId.set(stage.id, { ...report, rowsIn, rowsOut })
    passed = rowsOut
  }
}

/** True of stages that give a row for each that they take. */
function keepsRows(stage: FlatStage): boolean {
  switch (stage.kind) {
    case 'producer':
      return false
    case 'accumulator':
    case 'consumer':
      return true
    case 'processor':
      return stage.errors?.deadLetters == null && stage.transforms.every(keepsRow)
    default:
      return unreachable(stage)
  }
}

/** True of steps that give a row for each that they take. */
export function keepsRow(transform: Transform): boolean {
  switch (transform.kind) {
    case 'rename':
    case 'convert':
    case 'defaults':
    case 'add':
    case 'select':
    case 'drop':
    case 'sort':
      return true
    case 'filter':
    case 'deduplicate':
    case 'sql':
    case 'jsonata':
    case 'function':
    case 'frame':
      return false
    default:
      return unreachable(transform)
  }
}
