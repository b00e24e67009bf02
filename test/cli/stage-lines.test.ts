/** The lines and the summary of pipelines on terminals. */

import { fittingTable } from '../../engine/cli/printing/fitting-table.js'
import { stageLines } from '../../engine/cli/printing/stage-lines.js'
import { displayWidth } from '../../engine/cli/printing/text-table.js'
import type { StageProgress } from '../../engine/pipeline/progress/events.js'
import { describe, expect, it } from '../support/jest.js'

const ORDERS: StageProgress = {
  pipeline: 'big',
  stage: 'orders',
  kind: 'producer',
  phase: 'extract',
  status: 'running',
  rowsIn: 1_500_000,
  rowsOut: 1_500_000,
  ports: { main: 1_500_000 },
  batches: 23,
  bytes: 48_000_000,
  totalRows: 3_000_000,
  share: 0.5,
  elapsedMs: 2500,
  rowsPerSecond: 600_000,
  recentRowsPerSecond: 500_000,
  remainingMs: 3000,
  queued: 0,
  queueCapacity: 0,
  placement: null,
  strategy: null,
  retries: 0,
  rejected: 0,
  rssBytes: 300e6,
  queuedBytes: 12e6,
  isDone: false,
}
const TOTALS: StageProgress = {
  ...ORDERS,
  stage: 'totals',
  kind: 'processor',
  phase: 'transform',
  rowsIn: 1_000_000,
  rowsOut: 400_000,
  totalRows: null,
  share: null,
  remainingMs: null,
  queued: 3,
  queueCapacity: 8,
  placement: 'threads',
  rejected: 7,
}
const LOAD: StageProgress = {
  ...TOTALS,
  stage: 'load',
  kind: 'consumer',
  phase: 'load',
  status: 'waiting',
  rowsIn: null,
  rowsOut: null,
  rowsPerSecond: 0,
  queued: 0,
  placement: null,
  rejected: 0,
}
const STAGES = [ORDERS, TOTALS, LOAD]

describe('stageLines', () => {
  it('shows a line for each stage', () => {
    expect(stageLines(STAGES, { width: 140, height: 20, isColoured: false })).toEqual([
      'big  2.50 s  300 MB of memory  12.0 MB waiting',
      '● orders  ━━━━━━──────  50 %  1,500,000 of 3,000,000 rows  500 thousand rows/s  3.00 s left',
      '● totals                      1,000,000 → 400,000 rows     500 thousand rows/s               queue 3/8, 7 rejected  threads',
      '○ load                        waiting',
    ])
  })

  it.each([20, 40, 60, 80, 100, 120])('is no wider than %d cells', (width) => {
    const long = { ...TOTALS, stage: 'a-stage-with-a-very-long-name/inside' }
    for (const line of stageLines([...STAGES, long], { width, height: 20, isColoured: false })) {
      expect(displayWidth(line)).toBeLessThanOrEqual(width)
    }
  })

  it('leaves out what matters least on a narrow terminal', () => {
    expect(stageLines(STAGES, { width: 50, height: 20, isColoured: false })[1]).toBe(
      '● orders  50 %  1,500,000 of 3,000,000 rows',
    )
  })

  it('shows those that run where there is no room for all', () => {
    const done = Array.from({ length: 9 }, (_, i): StageProgress => ({ ...LOAD, stage: `done-${i}`, status: 'done' }))
    const lines = stageLines([...done, TOTALS], { width: 80, height: 5, isColoured: false })
    expect(lines.length).toBe(5)
    expect(lines.some((line) => line.includes('totals'))).toBe(true)
    expect(lines.at(-1)).toBe('  … and 7 more')
  })

  it('colours nothing but the marks', () => {
    const [, plain] = stageLines(STAGES, { width: 100, height: 20, isColoured: false })
    const [, coloured] = stageLines(STAGES, { width: 100, height: 20, isColoured: true })
    expect(coloured).toBe(plain.replace('●', '\x1b[36m●\x1b[0m'))
  })
})

describe('fittingTable', () => {
  it('leaves out columns that are empty, and those that do not fit', () => {
    const columns = [
      { title: 'name', align: 'left' as const, dispensable: 0 },
      { title: 'none', align: 'left' as const, dispensable: 0 },
      { title: 'first to go', align: 'left' as const, dispensable: 2 },
      { title: 'next', align: 'right' as const, dispensable: 1 },
    ]
    const rows = [['a', '', 'x', '1']]
    const titles = (width: number | null) => fittingTable(columns, rows, width).split('\n')[0].trim()
    expect(titles(null)).toBe('name  first to go  next')
    expect(titles(15)).toBe('name  next')
    expect(titles(6)).toBe('name')
  })
})
