/** What a run did, for people: before and after, then the phases and the totals. */

import { formatBytes, formatCount, formatDuration, formatRate, formatShare } from '../../../planner/quantities.js'
import type { RunReport } from '../../../planner/run-options.js'
import { textTable } from './text-table.js'

/** Most operators that the line on memory names. */
const NAMED_OPERATORS = 3

/** A table in files: what there was before a run, and what there is after it. */
export interface Extent {
  readonly label: string
  /** Null where it is not known. */
  readonly rows: number | null
  readonly columns: number
  readonly files: number
  readonly bytes: number
}

/** `rejects` is the file of the records that were left out, if there is one. */
export function runSummary(before: Extent | null, after: Extent, report: RunReport, rejects: string | null): string {
  const comparison = before === null ? afterTable(after) : comparisonTable(before, after)
  return [comparison, phaseTable(report), totals(report, rejects)].join('\n')
}

function comparisonTable(before: Extent, after: Extent): string {
  const line = (name: string, key: 'rows' | 'columns' | 'files' | 'bytes', shares: boolean): string[] => {
    const [old, now] = [before[key], after[key]]
    const show = (value: number | null): string =>
      value === null ? 'unknown' : key === 'bytes' ? formatBytes(value) : formatCount(value)
    return [name, show(old), show(now), shares && old !== null && now !== null ? formatShare(now, old) : '']
  }
  return `${before.label} → ${after.label}\n\n${textTable(
    [
      { title: '', align: 'left' },
      { title: 'before', align: 'right' },
      { title: 'after', align: 'right' },
      { title: '', align: 'right' },
    ],
    [
      line('rows', 'rows', true),
      line('columns', 'columns', false),
      line('files', 'files', false),
      line('size', 'bytes', true),
    ],
  )}`
}

function afterTable(after: Extent): string {
  return `${after.label}: ${formatCount(after.rows ?? 0)} rows, ${after.columns} columns, ${formatBytes(after.bytes)}\n`
}

function phaseTable(report: RunReport): string {
  return textTable(
    [
      { title: 'phase', align: 'left' },
      { title: 'time', align: 'right' },
      { title: 'rows', align: 'right' },
      { title: 'rate', align: 'right' },
    ],
    report.phases.map((phase) => [
      phase.name,
      formatDuration(phase.durationMs),
      formatCount(phase.rows),
      phase.rows > 0 ? formatRate(phase.rowsPerSecond) : '',
    ]),
  )
}

function totals(report: RunReport, rejects: string | null): string {
  const strategies = report.strategies.map((strategy) => `${strategy.name} (${strategy.reason})`).join(', then ')
  return [
    `read     ${formatCount(report.rowsIn)} rows, ${formatBytes(report.bytesRead)}`,
    `wrote    ${formatCount(report.rowsOut)} rows, ${formatBytes(report.bytesWritten)}`,
    ...(rejects === null ? [] : [`rejected ${formatCount(report.rejected)} rows → ${rejects}`]),
    ...(report.retries === 0 ? [] : [`retried  ${formatCount(report.retries)} times`]),
    `took     ${formatDuration(report.durationMs)}`,
    `memory   ${memoryOf(report)}`,
    `strategy ${strategies}`,
    '',
  ].join('\n')
}

/** `498 MB of 512 MB at most; aggregate 210 MB, scan 48 MB`. */
function memoryOf({ memory, peakRssBytes }: RunReport): string {
  const holders = [...memory.operators]
    .sort((a, b) => b.peakBytes - a.peakBytes)
    .slice(0, NAMED_OPERATORS)
    .map(({ label, peakBytes }) => `${label} ${formatBytes(peakBytes)}`)
  const total = `${formatBytes(peakRssBytes)} of ${formatBytes(memory.limitBytes)} at most`
  return [total, ...(holders.length === 0 ? [] : [holders.join(', ')])].join('; ')
}
