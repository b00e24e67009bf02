/** Shows how a run goes: one line, redrawn on a terminal, or a line now and then elsewhere. */

import { formatCount, formatDuration, formatRate } from '../../../planner/quantities.js'
import type { ProgressEvent } from '../../../planner/run-options.js'
import type { ProgressWish } from '../command-line/request.js'
import type { Terminal } from '../terminal.js'
import { jsonLine } from './json.js'

export interface ProgressLine {
  readonly show: (event: ProgressEvent) => void
  /** Removes the line from a terminal. */
  readonly clear: () => void
}

const CLEAR_LINE = '\r\x1b[K'
/** Between lines that are not redrawn. */
const LOG_INTERVAL_MS = 1000

/** `wanted` undefined: only on a terminal. */
export function progressLine(terminal: Terminal, wanted: ProgressWish): ProgressLine | null {
  if (wanted === 'json') {
    return { show: (event) => terminal.note(jsonLine({ event: 'progress', ...event })), clear: () => undefined }
  }
  if (wanted === false || (wanted === undefined && !terminal.interactive)) return null
  if (terminal.interactive) {
    return {
      show: (event) => terminal.note(`${CLEAR_LINE}${progressText(event).slice(0, terminal.columns - 1)}`),
      clear: () => terminal.note(CLEAR_LINE),
    }
  }
  let nextAt = 0
  return {
    show: (event) => {
      const complete = event.totalRows !== null && event.rows >= event.totalRows
      if (event.elapsedMs < nextAt && !complete) return
      nextAt = event.elapsedMs + LOG_INTERVAL_MS
      terminal.note(`${progressText(event)}\n`)
    },
    clear: () => undefined,
  }
}

export function progressText(event: ProgressEvent): string {
  const { rows, totalRows, remainingMs } = event
  const known = totalRows !== null && totalRows > 0
  return [
    known ? `${Math.min(100, Math.floor((rows / totalRows) * 100))} %`.padStart(5) : null,
    event.phase,
    known ? `${formatCount(rows)} of ${formatCount(totalRows)} rows` : `${formatCount(rows)} rows`,
    formatRate(event.rowsPerSecond),
    remainingMs === null || remainingMs === 0 ? null : `${formatDuration(remainingMs)} left`,
  ]
    .filter((part) => part !== null)
    .join('  ')
}
