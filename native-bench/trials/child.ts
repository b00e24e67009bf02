/** The process of a trial: takes a request as its only argument, does it, and sends one message to the harness. */

import { VolleyError } from '../../planner/errors.js'
import { answerHarness } from '../child-process.js'
import { missingPackageReason } from '../engines/missing-package.js'
import type { Runner } from './engines/runner.js'
import { ownPeakBytes, resetOwnPeak } from './process-memory.js'
import type { TrialMessage, TrialReport, TrialRequest, TrialRun } from './trial.js'
import type { Work } from './work.js'
import { WORKS } from './works/all.js'

type Open = (request: TrialRequest, work: Work) => Promise<Runner>

/** Of the engines, only the one of the trial is loaded: the others' memory is not to count. */
const OPEN: Record<TrialRequest['contender']['engine'], () => Promise<Open>> = {
  volley: async () => (await import('./engines/volley.js')).openVolley,
  duckdb: async () => (await import('./engines/duckdb.js')).openDuckDb,
  polars: async () => (await import('./engines/polars.js')).openPolars,
}

async function perform(request: TrialRequest): Promise<TrialReport> {
  const work = WORKS.find((one) => one.name === request.work)
  if (work === undefined) throw new Error(`no work ${request.work}`)
  const open = await OPEN[request.contender.engine]()
  const runner = await open(request, work)
  globalThis.gc?.()
  const startBytes = process.memoryUsage.rss()
  resetOwnPeak()
  const runs: TrialRun[] = []
  let strategies: TrialReport['strategies'] = null
  try {
    for (let i = 0; i < request.runs; i++) {
      const started = performance.now()
      const result = await runner.run()
      runs.push({
        milliseconds: performance.now() - started,
        firstMilliseconds: result.firstMilliseconds,
        rows: result.rows,
      })
      strategies = result.strategies
    }
  } finally {
    await runner.close()
  }
  return { runs, startBytes, peakBytes: ownPeakBytes(), strategies, switches: runner.switches ?? [] }
}

function failureOf(error: unknown): TrialMessage {
  const failure = error instanceof Error ? error.message : String(error)
  const missing = missingPackageReason(failure)
  if (missing !== null) return { failure: missing, unsupported: true }
  return { failure, unsupported: error instanceof VolleyError && error.code === 'VOLLEY_UNSUPPORTED' }
}

await answerHarness((request: TrialRequest) => perform(request).catch(failureOf))
