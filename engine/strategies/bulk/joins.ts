/** Joins: the build side becomes one batch and a table over it in shared memory, which the chains of workers probe. */

import type { Batch, Vector } from '../../../io/batch.js'
import { releaseBatch, releaseVector } from '../../kernels/vectors.js'
import { releaseJoinTable } from '../../operators/join.js'
import type { ProbeStep } from '../../operators/probe.js'
import type { Run } from '../../run.js'
import type { ChainStep } from '../../workers/messages.js'
import type { JoinStep, PipelineSource, PipelineStep } from '../pipeline.js'
import { type BulkWork, contiguous, evaluate, OUTPUT_ROWS, shareStart } from './work.js'

/** Fewer rows than this are entered into a join table by one worker. */
const SMALL_BUILD = 50_000

interface BuiltJoin {
  readonly table: number
  readonly whole: Batch
  readonly keys: readonly Vector[]
}

/** The joins of a pipeline, from when they are built until no chain probes them any more. */
export class BuiltJoins {
  private readonly built: BuiltJoin[] = []

  constructor(private readonly work: BulkWork) {}

  /** The steps as chains take them. */
  async prepare(steps: readonly PipelineStep[]): Promise<ChainStep[]> {
    const prepared: ChainStep[] = []
    for (const step of steps) prepared.push(step.kind === 'join' ? await this.build(step) : step)
    return prepared
  }

  async build(join: JoinStep): Promise<ProbeStep> {
    const { run } = this.work
    const whole = await contiguous(this.work, join.build)
    const keys = await evaluate(run, join.buildKeys, whole)
    const table = join.how === 'cross' ? 0 : await buildTable(run, keys, whole.length, join.how === 'full')
    this.built.push({ table, whole, keys })
    const columns = join.buildColumns.map((index) => whole.columns[index])
    const build: Batch = { schema: join.build.schema, length: whole.length, columns }
    return { kind: 'probe', how: join.how, schema: join.schema, keys: join.probeKeys, table, build }
  }

  release(): void {
    const { context } = this.work.run
    for (const { table, whole, keys } of this.built) {
      if (table !== 0) releaseJoinTable(context, table)
      for (const key of keys) releaseVector(context, key)
      releaseBatch(context, whole)
    }
  }
}

/** One worker lays out the table, then all enter shares of the rows. */
async function buildTable(run: Run, keys: readonly Vector[], rows: number, trackMatches: boolean): Promise<number> {
  const { table } = await run.task('buildJoin', { keys, rows, trackMatches })
  const shares = rows < SMALL_BUILD ? 1 : run.pool.threads
  const links = Array.from({ length: shares }, (_, share) => {
    const start = shareStart(rows, share, shares)
    return run.task('linkJoin', { table, start, count: shareStart(rows, share + 1, shares) - start })
  })
  await Promise.all(links)
  return table
}

/** A full join: what the probe side puts out, then the build rows that nothing matched. */
export async function* outerJoin(
  work: BulkWork,
  { input, join }: Extract<PipelineSource, { kind: 'outerJoin' }>,
): AsyncGenerator<Batch> {
  const joins = new BuiltJoins(work)
  try {
    const before = await joins.prepare(input.steps)
    const step = await joins.build(join)
    yield* work.output(input.source, [...before, step])
    const rows = step.build.length
    yield* work.parts(Math.ceil(rows / OUTPUT_ROWS), (part) => {
      const start = part * OUTPUT_ROWS
      return work.run.task('unmatched', { step, start, count: Math.min(OUTPUT_ROWS, rows - start) })
    })
  } finally {
    joins.release()
  }
}
