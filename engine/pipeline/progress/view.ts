/** How far the stages of a run are at one moment. */

import type { PlacementKind, StageKind } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { givesWay } from '../placements/body.js'
import type { StageProgress, StageStatus } from './events.js'
import { type JobTimes, PHASES, type PhaseName, phaseOf } from './phases.js'

export interface StageView {
  readonly id: string
  readonly kind: StageKind
  readonly status: StageStatus
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  readonly ports: Readonly<Record<string, number>>
  readonly batches: number | null
  readonly bytes: number | null
  /** That came in in this run, for rates and what is left. */
  readonly rowsOfRun: number
  /** That came in, of `totalRows`. */
  readonly rowsDone: number
  readonly totalRows: number | null
  readonly queued: number
  readonly queueCapacity: number
  readonly strategy: StageProgress['strategy']
  readonly retries: number
  readonly rejected: number
}

/** What runs. */
export interface ProgressSource {
  view(): readonly StageView[]
  /** Bytes that wait in all queues, and the most that ever did. */
  readonly queuedBytes: number
  readonly queuedPeakBytes: number
}

/** Of a stage that has not begun. */
export function waitingView({ id, kind }: FlatStage): StageView {
  return {
    id,
    kind,
    status: 'waiting',
    rowsIn: null,
    rowsOut: null,
    ports: {},
    batches: null,
    bytes: null,
    rowsOfRun: 0,
    rowsDone: 0,
    totalRows: null,
    queued: 0,
    queueCapacity: 0,
    strategy: null,
    retries: 0,
    rejected: 0,
  }
}

export function isEnded(status: StageStatus): boolean {
  return status !== 'waiting' && status !== 'running'
}

/** Where a stage runs that can be placed. */
export function placementOf(stage: FlatStage): PlacementKind | null {
  if (stage.kind !== 'processor') return null
  return givesWay(stage) ? 'inline' : (stage.placement?.kind ?? 'threads')
}

export interface PhaseReport {
  readonly name: PhaseName
  /** In which a stage of the phase was at work: phases overlap where stages run at once, or as one plan. */
  readonly durationMs: number
  /** Extracted, passed on to be loaded, or loaded; null where that is not known. */
  readonly rows: number | null
  readonly rowsPerSecond: number | null
  /** Of what was extracted, passed on or written; null where that is not known. */
  readonly bytes: number | null
}

type Counted = Pick<StageView, 'id' | 'kind' | 'rowsOut' | 'bytes'>

/** Of the phases that have stages. */
export function phaseReports(pipeline: FlatPipeline, stages: readonly Counted[], times: JobTimes): PhaseReport[] {
  const byId = new Map(stages.map((stage) => [stage.id, stage]))
  return PHASES.filter((name) => pipeline.stages.some(({ kind }) => phaseOf(kind) === name)).map((name) => {
    const counted = lastOf(pipeline, name).map(({ id }) => byId.get(id))
    const durationMs = times.phases[name]
    const rows = sum(counted.map((stage) => stage?.rowsOut ?? null))
    const rowsPerSecond = rows === null || durationMs === 0 ? null : (rows / durationMs) * 1000
    return { name, durationMs, rows, rowsPerSecond, bytes: sum(counted.map((stage) => stage?.bytes ?? null)) }
  })
}

/** The stages of a phase that others read, or nobody. */
function lastOf({ stages }: FlatPipeline, phase: PhaseName): readonly FlatStage[] {
  const own = stages.filter(({ kind }) => phaseOf(kind) === phase)
  if (phase !== 'transform') return own
  const readers = (id: string) =>
    stages.filter(({ inputs, tables }) => [...inputs, ...Object.values(tables)].some((input) => input.stage === id))
  return own.filter(({ id }) => {
    const found = readers(id)
    return found.length === 0 || found.some(({ kind }) => phaseOf(kind) !== phase)
  })
}

/** Null if nothing is known. */
function sum(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((number) => number !== null)
  return known.length === 0 ? null : known.reduce((total, number) => total + number, 0)
}
