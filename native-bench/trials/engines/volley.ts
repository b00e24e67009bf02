/** volley in a trial. */

import { open } from '../../../index.js'
import type { TrialReport, TrialRequest } from '../trial.js'
import type { Work } from '../work.js'
import { consume, type Runner } from './runner.js'

export async function openVolley(request: TrialRequest, work: Work): Promise<Runner> {
  const { contender, inputs, memoryLimit, output, tempDirectory, threads } = request
  const limit = memoryLimit === null ? {} : { memoryLimit }
  const engine = await open({ threads, tempDirectory, strategy: contender.strategy, ...limit })
  const switches: TrialReport['switches'][number][] = []
  engine.on('strategy', ({ to, reason }) => {
    switches.push({ milliseconds: performance.now(), strategy: to, reason })
  })
  const frame = work.volley((table) => engine.scanParquet([...inputs[table]]))
  return {
    switches,
    run: async () => {
      if (request.consumer === 'stream') {
        const taken = await consume(
          () => frame.stream(),
          (batch) => batch.numRows,
        )
        return { ...taken, strategies: null }
      }
      const report = await frame.sinkParquet(output, { compression: 'snappy', overwrite: true })
      return { rows: report.rowsOut, firstMilliseconds: null, strategies: report.strategies }
    },
    close: () => engine.close(),
  }
}
