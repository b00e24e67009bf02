/** Sorting: the workers sort ranges of the rows, then each merges shares of the result out of all ranges. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch, releaseVector } from '../../kernels/vectors.js'
import type { Run } from '../../run.js'
import type { SortedRun, SortVector } from '../../workers/messages.js'
import type { PipelineSource } from '../pipeline.js'
import { type BulkWork, contiguous, evaluate, OUTPUT_ROWS, shareStart } from './work.js'

/** Fewer rows than this are sorted by one worker. */
const SMALL_SORT = 50_000

export async function* sort(work: BulkWork, source: Extract<PipelineSource, { kind: 'sort' }>): AsyncGenerator<Batch> {
  const { run } = work
  const whole = await contiguous(work, source.input)
  const expressions = source.keys.map((key) => key.expression)
  const vectors = await evaluate(run, expressions, whole)
  const keys = source.keys.map(
    ({ descending, nullsFirst }, index): SortVector => ({ vector: vectors[index], descending, nullsFirst }),
  )
  const runs = await sortedRuns(run, keys, whole.length, source.limit)
  const total = Math.min(whole.length, source.limit ?? whole.length)
  yield* work.parts(Math.ceil(total / OUTPUT_ROWS), (part) => {
    const from = part * OUTPUT_ROWS
    return run.task('mergeSorted', { keys, runs, batch: whole, from, to: Math.min(total, from + OUTPUT_ROWS) })
  })
  for (const { address } of runs) run.context.release(address)
  for (const vector of vectors) releaseVector(run.context, vector)
  releaseBatch(run.context, whole)
}

function sortedRuns(run: Run, keys: readonly SortVector[], rows: number, limit: number | null): Promise<SortedRun[]> {
  const shares = rows < SMALL_SORT ? 1 : run.pool.threads
  return Promise.all(
    Array.from({ length: shares }, (_, share) => {
      const [start, end] = [shareStart(rows, share, shares), shareStart(rows, share + 1, shares)]
      return run.task('sortRange', { keys, rows, start, end, limit })
    }),
  )
}
