/** How times grow with rows, and shrink with threads: the same works at many sizes. */

import { rm } from 'node:fs/promises'
import { outputDirectory } from '../outputs.js'
import { type Engines, lazyEngines } from '../races/field.js'
import { prepared, REFERENCE, type Starter, type Timed, timed } from '../races/measure.js'
import type { CaseResults, Outcome } from '../results.js'
import type { Setting, Suite } from '../suite.js'
import { withGrowth } from './scaling/growth.js'
import { POINT_NAMES, type Point, pointsOf, rowsOfThreads, rowsText, threadsText } from './scaling/points.js'
import { SCALING_ENGINES } from './scaling/works.js'

const NAME = 'scaling'
const TITLE = 'The same works at more and more rows, and with more and more threads'
/** From here on a run is long enough to be warm after one, and to be timed a few times only. */
const LONG_ROWS = 6_000_000
const LONG_RUNS = 3

export const scaling: Suite = {
  name: NAME,
  title: TITLE,
  cases: POINT_NAMES,
  measure: async (setting) => {
    const cases = new Map<Point, CaseResults>()
    const points = pointsOf(setting)
    // Engines are opened once for each number of threads.
    for (const threads of new Set(points.map((point) => point.threads))) {
      const engines = lazyEngines(threads, setting.memoryLimitBytes)
      try {
        for (const point of points.filter((one) => one.threads === threads)) {
          setting.progress(`${NAME}: ${point.name}, ${point.size}`)
          const measure = () => measurePoint(point, engines, setting)
          cases.set(point, await setting.measured(NAME, point.name, point.size, measure))
        }
      } finally {
        await engines.close()
      }
    }
    return {
      name: NAME,
      title: TITLE,
      conditions: [
        'Both engines run the same SQL over the same Parquet files, which are in the cache of the system. They are opened before, run in one process and take turns.',
        `Lines over rows are with ${threadsText(setting.threads)}, those over threads of ${rowsText(rowsOfThreads(setting))}.`,
        `From ${rowsText(LONG_ROWS)} on, an engine runs once before it is timed, and ${LONG_RUNS} times then.`,
        `Every answer was compared with that of ${REFERENCE} before anything was timed.`,
      ],
      cases: withGrowth(points.map((point) => cases.get(point)!)),
    }
  },
}

async function measurePoint(point: Point, engines: Engines, setting: Setting): Promise<CaseResults> {
  const outputs = await outputDirectory(setting.dataDirectory)
  try {
    const starters = await startersOf(point, engines, setting, outputs)
    const isLong = point.rows >= LONG_ROWS
    const results = await timed(
      starters,
      isLong ? { runs: 0, milliseconds: 0 } : setting.warmUp,
      isLong ? Math.min(LONG_RUNS, setting.runs) : setting.runs,
    )
    return {
      name: point.name,
      title: point.work.title,
      size: point.size,
      rows: point.rows,
      axis: point.axis,
      reference: REFERENCE,
      outcomes: results.map(outcomeOf),
      remarks: [],
    }
  } finally {
    await rm(outputs, { recursive: true, force: true })
  }
}

async function startersOf(point: Point, engines: Engines, setting: Setting, outputs: string): Promise<Starter[]> {
  const files = await setting.tables(point.rows).tpch()
  const names = (['volley', 'duckdb'] as const).filter((name) => name === REFERENCE || setting.wantsEngine(name))
  return prepared(
    names.map((name) => [name, () => SCALING_ENGINES[name](point.work, files, engines, outputs)] as const),
  )
}

function outcomeOf(result: Timed): Outcome {
  const { engine } = result
  if ('failure' in result) return { engine, status: result.isMissing ? 'absent' : 'failed', reason: result.failure }
  const { milliseconds } = result
  return { engine, status: 'done', milliseconds, peakBytes: null, cpuMilliseconds: null, figures: [], memory: null }
}
