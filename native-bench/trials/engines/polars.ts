/** nodejs-polars in a trial, with its streaming engine. It takes no limit of memory. */

import { openPolars as loadPolars } from '../../engines/polars.js'
import type { TrialRequest } from '../trial.js'
import type { Work } from '../work.js'
import type { Runner, RunResult } from './runner.js'

const ROW_GROUP_SIZE = 122_880

export async function openPolars(request: TrialRequest, work: Work): Promise<Runner> {
  const { inputs, output, threads } = request
  process.env.POLARS_TEMP_DIR = request.tempDirectory
  const polars = await loadPolars(threads)
  const { pl } = polars
  const build = work.polars
  if (typeof build === 'string') throw new Error(`polars takes no part: ${build}`)
  const query = build(polars, (table) => pl.concat(inputs[table].map((path) => pl.scanParquet(path))))
  const streamed = async (): Promise<RunResult> => {
    const started = performance.now()
    const { height } = await query.collect({ streaming: true })
    return { rows: height, firstMilliseconds: performance.now() - started, strategies: null }
  }
  const written = async (): Promise<RunResult> => {
    const options = {
      compression: 'snappy',
      rowGroupSize: ROW_GROUP_SIZE,
      maintainOrder: work.order !== undefined,
    } as const
    await query.sinkParquet(output, options).collect({ streaming: true })
    return { rows: null, firstMilliseconds: null, strategies: null }
  }
  return { run: request.consumer === 'stream' ? streamed : written, close: async () => {} }
}
