/** What the run of a pipeline did, for people. */

import { formatBytes, formatCount, formatDuration, formatRate } from '../../../planner/quantities.js'
import type { PipelineReport, StageReport } from '../../pipeline/report.js'
import { type FittingColumn, fittingTable } from './fitting-table.js'

/** `width` in cells; null: as wide as it comes. */
export function pipelineSummary(report: PipelineReport, width: number | null): string {
  const { name, mode, status, durationMs, outputs } = report
  return [
    `${name}: ${status} in ${formatDuration(durationMs)}, mode ${mode}\n`,
    ...(hasMoved(report) ? [phaseTable(report, width)] : []),
    stageTable(report, width),
    [...outputs.map((output) => `→ ${output}\n`), ...notes(report).map((note) => `${note}\n`)].join(''),
  ].join('\n')
}

/** False of runs that failed before there were any rows. */
export function hasMoved({ stages }: PipelineReport): boolean {
  return stages.some(({ rowsIn, rowsOut }) => (rowsIn ?? rowsOut ?? 0) > 0)
}

const PHASE_COLUMNS: readonly FittingColumn[] = [
  { title: 'phase', align: 'left', dispensable: 0 },
  { title: 'time', align: 'right', dispensable: 0 },
  { title: 'rows', align: 'right', dispensable: 0 },
  { title: 'rate', align: 'right', dispensable: 2 },
  { title: 'size', align: 'right', dispensable: 1 },
]

function phaseTable({ phases }: PipelineReport, width: number | null): string {
  const rows = phases.map(({ name, durationMs, rows, rowsPerSecond, bytes }) => [
    name,
    timeText(durationMs),
    countText(rows),
    rowsPerSecond === null || rows === 0 ? '' : formatRate(rowsPerSecond),
    bytesText(bytes),
  ])
  return fittingTable(PHASE_COLUMNS, rows, width)
}

const STAGE_COLUMNS: readonly FittingColumn[] = [
  { title: 'stage', align: 'left', dispensable: 0 },
  { title: 'kind', align: 'left', dispensable: 6 },
  { title: 'status', align: 'left', dispensable: 0 },
  { title: 'rows in', align: 'right', dispensable: 2 },
  { title: 'rows out', align: 'right', dispensable: 1 },
  { title: 'size', align: 'right', dispensable: 4 },
  { title: 'time', align: 'right', dispensable: 3 },
  { title: 'waited', align: 'right', dispensable: 7 },
  { title: 'queue', align: 'right', dispensable: 9 },
  { title: 'rejected', align: 'right', dispensable: 1 },
  { title: 'retried', align: 'right', dispensable: 5 },
  { title: 'runs', align: 'left', dispensable: 8 },
]

function stageTable({ stages }: PipelineReport, width: number | null): string {
  return fittingTable(STAGE_COLUMNS, stages.map(stageCells), width)
}

function stageCells(stage: StageReport): string[] {
  const { id, kind, status, because, rejected, retries, queuePeak, strategies, placement } = stage
  const where = strategies.map(({ name }) => name).join(', then ')
  return [
    id,
    kind,
    because === null ? status : `${status}, as ${because} failed`,
    countText(stage.rowsIn),
    countText(stage.rowsOut),
    bytesText(stage.bytes),
    timeText(stage.durationMs),
    timeText(stage.waitingMs),
    queuePeak === null || queuePeak.batches === 0 ? '' : formatCount(queuePeak.batches),
    rejected === 0 ? '' : formatCount(rejected),
    retries === 0 ? '' : formatCount(retries),
    where === '' ? (placement ?? '') : where,
  ]
}

function notes({ peaks, checkpoint, deadLetters }: PipelineReport): string[] {
  const { rssBytes, queuedBytes } = peaks
  const waiting = queuedBytes === 0 ? '' : `, ${formatBytes(queuedBytes)} of it in queues`
  const from = checkpoint?.resumedFrom ?? null
  return [
    ...deadLetters.map(({ path, records }) => `${formatCount(records)} dead letters → ${path}`),
    `memory ${formatBytes(rssBytes)} at most${waiting}`,
    ...(from === null
      ? []
      : [
          `resumed from epoch ${from.epoch}, with ${formatCount(from.rowsExtracted)} rows extracted and ${formatCount(from.rowsLoaded)} loaded before`,
        ]),
    ...(checkpoint?.wasFinished === true ? ['the job had been finished before: nothing was done'] : []),
    ...(checkpoint === null || checkpoint.startsAnew === null
      ? []
      : [`the job starts anew when it is resumed: ${checkpoint.startsAnew}`]),
  ]
}

function countText(count: number | null): string {
  return count === null ? '' : formatCount(count)
}

function bytesText(bytes: number | null): string {
  return bytes === null || bytes === 0 ? '' : formatBytes(bytes)
}

function timeText(milliseconds: number): string {
  return milliseconds < 1 ? '' : formatDuration(milliseconds)
}
