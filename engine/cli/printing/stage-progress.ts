/** Shows how the stages of a pipeline go: lines redrawn on a terminal, lines now and then elsewhere, or JSON. */

import { formatCount, formatDuration, formatRate } from '../../../planner/quantities.js'
import type { PhaseProgress, StageProgress } from '../../pipeline/progress/events.js'
import type { ProgressWish } from '../command-line/request.js'
import type { Terminal } from '../terminal.js'
import { jsonLine } from './json.js'
import { stageLines } from './stage-lines.js'
import { displayWidth } from './text-table.js'

export interface ProgressLines {
  readonly stage: (event: StageProgress) => void
  readonly phase: (event: PhaseProgress) => void
  /** Removes the lines from a terminal. */
  readonly clear: () => void
}

/** Between lines that are not redrawn. */
const LOG_INTERVAL_MS = 1000
/** What ends colours takes no cell. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9]+m`, 'g')

/** `wanted` undefined: only on a terminal. */
export function stageProgress(terminal: Terminal, wanted: ProgressWish): ProgressLines | null {
  if (wanted === 'json') return asJson(terminal)
  if (wanted === false || (wanted === undefined && !terminal.interactive)) return null
  return terminal.interactive ? redrawn(terminal) : logged(terminal)
}

function redrawn(terminal: Terminal): ProgressLines {
  const stages = new Map<string, StageProgress>()
  let drawn: readonly string[] = []
  let isDue = false
  let isClosed = false
  // A terminal that has become narrower has broken the lines.
  const up = () => {
    const cells = drawn.map((line) => displayWidth(line.replace(ESCAPES, '')))
    const height = cells.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / terminal.columns)), 0)
    return height === 0 ? '' : `\x1b[${height}A\r`
  }
  const draw = () => {
    isDue = false
    if (isClosed) return
    const lines = stageLines([...stages.values()], {
      width: terminal.columns - 1,
      height: Math.max(2, terminal.rows - 1),
      isColoured: terminal.isColoured,
    })
    terminal.note(`${up()}\x1b[J${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines
  }
  return {
    stage: (event) => {
      stages.set(event.stage, event)
      // Events of several stages come one after the other.
      if (!isDue) setImmediate(draw)
      isDue = true
    },
    phase: () => {},
    clear: () => {
      isClosed = true
      if (drawn.length > 0) terminal.note(`${up()}\x1b[J`)
      drawn = []
    },
  }
}

function logged(terminal: Terminal): ProgressLines {
  const nextAt = new Map<string, number>()
  return {
    stage: (event) => {
      if (event.status === 'waiting') return
      if (event.elapsedMs < (nextAt.get(event.stage) ?? 0) && !event.isDone) return
      nextAt.set(event.stage, event.elapsedMs + LOG_INTERVAL_MS)
      terminal.note(`${stageText(event)}\n`)
    },
    phase: () => {},
    clear: () => {},
  }
}

function asJson(terminal: Terminal): ProgressLines {
  return {
    stage: (event) => terminal.note(jsonLine({ event: 'stage', ...event })),
    phase: (event) => terminal.note(jsonLine({ event: 'phase', ...event })),
    clear: () => {},
  }
}

function stageText(event: StageProgress): string {
  const { stage, rowsIn, rowsOut, totalRows, rowsPerSecond, remainingMs, queued, status, isDone } = event
  const rows = rowsIn ?? rowsOut
  return [
    stage,
    isDone ? status : null,
    rows === null
      ? null
      : totalRows === null || event.kind !== 'producer'
        ? `${formatCount(rows)} rows`
        : `${formatCount(rows)} of ${formatCount(totalRows)} rows`,
    rowsPerSecond === 0 ? null : formatRate(rowsPerSecond),
    remainingMs === null || remainingMs === 0 ? null : `${formatDuration(remainingMs)} left`,
    queued === 0 ? null : `${queued} waiting`,
  ]
    .filter((part) => part !== null)
    .join('  ')
}
