/** Shows how the stages of a pipeline go: a line for each, redrawn on a terminal, or lines now and then elsewhere. */

import { formatCount, formatDuration, formatRate } from '../../planner/quantities.js'
import type { StageProgress } from '../pipeline/progress/events.js'
import type { Terminal } from './terminal.js'

export interface ProgressLines {
  readonly show: (event: StageProgress) => void
  /** Removes the lines from a terminal. */
  readonly clear: () => void
}

/** Between lines that are not redrawn. */
const LOG_INTERVAL_MS = 1000
const CLEAR_LINE = '\x1b[K'

/** `wanted` undefined: only on a terminal. */
export function stageProgress(terminal: Terminal, wanted: boolean | undefined): ProgressLines | null {
  if (wanted === false || (wanted === undefined && !terminal.interactive)) return null
  return terminal.interactive ? redrawn(terminal) : logged(terminal)
}

function redrawn(terminal: Terminal): ProgressLines {
  const lines = new Map<string, string>()
  let drawn = 0
  const up = () => (drawn === 0 ? '' : `\x1b[${drawn}A\r`)
  return {
    show: (event) => {
      lines.set(event.stage, stageText(event).slice(0, terminal.columns - 1))
      terminal.note(`${up()}${[...lines.values()].map((line) => `${CLEAR_LINE}${line}\n`).join('')}`)
      drawn = lines.size
    },
    clear: () => {
      terminal.note(drawn === 0 ? '' : `${up()}\x1b[J`)
      drawn = 0
      lines.clear()
    },
  }
}

function logged(terminal: Terminal): ProgressLines {
  const nextAt = new Map<string, number>()
  return {
    show: (event) => {
      if (event.elapsedMs < (nextAt.get(event.stage) ?? 0) && !event.isDone) return
      nextAt.set(event.stage, event.elapsedMs + LOG_INTERVAL_MS)
      terminal.note(`${stageText(event)}\n`)
    },
    clear: () => undefined,
  }
}

export function stageText({
  stage,
  rowsIn,
  rowsOut,
  totalRows,
  rowsPerSecond,
  remainingMs,
  queued,
}: StageProgress): string {
  const rows = Math.max(rowsIn ?? 0, rowsOut ?? 0)
  return [
    stage,
    totalRows === null ? `${formatCount(rows)} rows` : `${formatCount(rows)} of ${formatCount(totalRows)} rows`,
    formatRate(rowsPerSecond),
    remainingMs === null || remainingMs === 0 ? null : `${formatDuration(remainingMs)} left`,
    queued === 0 ? null : `${queued} waiting`,
  ]
    .filter((part) => part !== null)
    .join('  ')
}
