/** The build side of a join in memory: one batch, and a table over it that the chains of workers probe. */

import type { Batch, Vector } from '../../../io/batch.js'
import { releaseBatch, releaseVector } from '../../kernels/vectors.js'
import type { PlanPart } from '../../metrics/plan-part.js'
import { releaseJoinTable } from '../../operators/join.js'
import type { ProbeStep } from '../../operators/probe.js'
import type { OperatorHandle } from '../../run.js'
import type { JoinStep } from '../pipeline.js'
import { type BulkWork, evaluate, OUTPUT_ROWS, shareStart } from './work.js'

/** Fewer rows than this are entered into a join table by one worker. */
const SMALL_BUILD = 50_000

export interface BuiltJoin {
  readonly step: ProbeStep
  readonly whole: Batch
  readonly keys: readonly Vector[]
}

/** Takes over `whole`, the rows of the build side in contiguous columns. `node` is what probing is measured as. */
export async function builtJoin(
  operator: OperatorHandle,
  threads: number,
  join: JoinStep,
  whole: Batch,
  node: PlanPart | undefined,
): Promise<BuiltJoin> {
  const { how, schema, buildColumns, probeKeys } = join
  const keys = await evaluate(operator, join.buildKeys, whole)
  const table = how === 'cross' ? 0 : await buildTable(operator, threads, keys, whole.length, how === 'full')
  const columns = buildColumns.map((index) => whole.columns[index])
  const build: Batch = { schema: join.build.schema, length: whole.length, columns }
  const step: ProbeStep = { kind: 'probe', how, schema, keys: probeKeys, table, build }
  return { step: node === undefined ? step : { ...step, node }, whole, keys }
}

/** No chain probes it any more. */
export function releaseJoin({ context }: OperatorHandle, { step, whole, keys }: BuiltJoin): void {
  if (step.table !== 0) releaseJoinTable(context, step.table)
  for (const key of keys) releaseVector(context, key)
  releaseBatch(context, whole)
}

/** The build rows of a full join that nothing matched, once all probe rows have passed. */
export function unmatchedRows(work: BulkWork, step: ProbeStep): AsyncGenerator<Batch> {
  const rows = step.build.length
  return work.parts(Math.ceil(rows / OUTPUT_ROWS), (part) => {
    const start = part * OUTPUT_ROWS
    return work.run.task('unmatched', { step, start, count: Math.min(OUTPUT_ROWS, rows - start) })
  })
}

/** One worker lays out the table, then all enter shares of the rows. */
async function buildTable(
  operator: OperatorHandle,
  threads: number,
  keys: readonly Vector[],
  rows: number,
  trackMatches: boolean,
): Promise<number> {
  const { table } = await operator.task('buildJoin', { keys, rows, trackMatches })
  const shares = rows < SMALL_BUILD ? 1 : threads
  const links = Array.from({ length: shares }, (_, share) => {
    const start = shareStart(rows, share, shares)
    return operator.task('linkJoin', { table, start, count: shareStart(rows, share + 1, shares) - start })
  })
  await Promise.all(links)
  return table
}
