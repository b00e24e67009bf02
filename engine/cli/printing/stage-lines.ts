/** The lines that show how the stages of a pipeline go: one for the whole, one for each stage. */

import { formatBytes, formatCount, formatDuration, formatRate } from '../../../planner/quantities.js'
import type { StageProgress } from '../../pipeline/progress/events.js'
import { type FittingColumn, fittingColumns } from './fitting-table.js'
import { cutToWidth, displayWidth } from './text-table.js'

export interface Frame {
  /** Cells of a line. */
  readonly width: number
  /** Most lines. */
  readonly height: number
  readonly isColoured: boolean
}

const BAR_CELLS = 12
const WIDEST_NAME = 24
const GAP = '  '

const MARKS: Readonly<Record<StageProgress['status'], { readonly sign: string; readonly colour: number }>> = {
  waiting: { sign: '○', colour: 90 },
  running: { sign: '●', colour: 36 },
  done: { sign: '✓', colour: 32 },
  failed: { sign: '✗', colour: 31 },
  skipped: { sign: '–', colour: 90 },
  aborted: { sign: '–', colour: 33 },
}

const COLUMNS: readonly FittingColumn[] = [
  { title: '', align: 'left', dispensable: 0 },
  { title: '', align: 'left', dispensable: 6 },
  { title: '', align: 'right', dispensable: 2 },
  { title: '', align: 'left', dispensable: 1 },
  { title: '', align: 'right', dispensable: 3 },
  { title: '', align: 'right', dispensable: 4 },
  { title: '', align: 'left', dispensable: 5 },
  { title: '', align: 'left', dispensable: 7 },
]

/** `stages` in the order of the pipeline, each as last told. None is longer than the frame is wide. */
export function stageLines(stages: readonly StageProgress[], { width, height, isColoured }: Frame): string[] {
  if (stages.length === 0) return []
  const shown = chosen(stages, height - 1)
  const rows = shown.map(cellsOf)
  const kept = fittingColumns(COLUMNS, rows, width - 2)
  const widths = kept.map((place) => Math.max(...rows.map((row) => displayWidth(row[place]))))
  const lines = rows.map((row, index) => {
    const cells = kept.map((place, position) => {
      const padding = ' '.repeat(widths[position] - displayWidth(row[place]))
      return COLUMNS[place].align === 'right' ? padding + row[place] : row[place] + padding
    })
    const { sign, colour } = MARKS[shown[index].status]
    const text = cutToWidth(cells.join(GAP).trimEnd(), width - 2)
    return `${isColoured ? `\x1b[${colour}m${sign}\x1b[0m` : sign} ${text}`
  })
  const hidden = stages.length - shown.length
  const more = hidden === 0 ? [] : [cutToWidth(`  … and ${hidden} more`, width)]
  return [cutToWidth(headOf(stages), width), ...lines, ...more]
}

/** Where there is no room for all, those that run come first. */
function chosen(stages: readonly StageProgress[], most: number): readonly StageProgress[] {
  if (stages.length <= most) return stages
  const ranked = [...stages].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, Math.max(1, most - 1))
  return stages.filter((stage) => ranked.includes(stage))
}

function rankOf({ status }: StageProgress): number {
  return status === 'failed' ? 0 : status === 'running' ? 1 : status === 'waiting' ? 2 : 3
}

function headOf(stages: readonly StageProgress[]): string {
  const latest = stages.reduce((last, stage) => (stage.elapsedMs > last.elapsedMs ? stage : last))
  const { pipeline, elapsedMs, rssBytes, queuedBytes } = latest
  return [
    pipeline,
    formatDuration(elapsedMs),
    `${formatBytes(rssBytes)} of memory`,
    queuedBytes === 0 ? null : `${formatBytes(queuedBytes)} waiting`,
  ]
    .filter((part) => part !== null)
    .join(GAP)
}

function cellsOf(stage: StageProgress): string[] {
  const { share, status, rowsPerSecond, recentRowsPerSecond, remainingMs, queued, queueCapacity, strategy } = stage
  const isRunning = status === 'running'
  const rate = isRunning && recentRowsPerSecond > 0 ? recentRowsPerSecond : rowsPerSecond
  return [
    cutToWidth(stage.stage, WIDEST_NAME),
    share === null ? '' : barOf(share),
    share === null ? '' : `${Math.floor(share * 100)} %`,
    rowsOf(stage),
    rate === 0 ? '' : formatRate(rate),
    !isRunning || remainingMs === null || remainingMs === 0 ? '' : `${formatDuration(remainingMs)} left`,
    [
      isRunning && queueCapacity > 0 ? `queue ${queued}/${queueCapacity}` : '',
      stage.rejected === 0 ? '' : `${formatCount(stage.rejected)} rejected`,
      stage.retries === 0 ? '' : `${formatCount(stage.retries)} retried`,
    ]
      .filter((part) => part !== '')
      .join(', '),
    strategy ?? stage.placement ?? '',
  ]
}

/** `3,000 of 6,000`, `3,000 → 1,200` where some leave and some do not, `3,000`; what became of it if that is all. */
function rowsOf({ kind, status, rowsIn, rowsOut, totalRows }: StageProgress): string {
  const rows = rowsIn ?? rowsOut
  if (rows === null) return status === 'running' ? '' : status
  if (kind === 'producer' && totalRows !== null) return `${formatCount(rows)} of ${formatCount(totalRows)} rows`
  const isDivided = rowsOut !== null && rowsOut !== rows && kind !== 'consumer'
  return isDivided ? `${formatCount(rows)} → ${formatCount(rowsOut)} rows` : `${formatCount(rows)} rows`
}

function barOf(share: number): string {
  const filled = Math.round(share * BAR_CELLS)
  return '━'.repeat(filled) + '─'.repeat(BAR_CELLS - filled)
}
