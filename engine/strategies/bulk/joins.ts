/** Joins: the build side becomes one batch and a table over it in shared memory, which the chains of workers probe. */

import type { Batch } from '../../../io/batch.js'
import type { ProbeStep } from '../../operators/probe.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainStep } from '../../workers/messages.js'
import type { Relation } from '../bigdata/relation.js'
import { batchesOf } from '../bigdata/staged-rows.js'
import type { BreakerRows, JoinStep, PipelineSource, PipelineStep } from '../pipeline.js'
import { gather, relationOf } from './gather.js'
import { type BuiltJoin, builtJoin, releaseJoin, unmatchedRows } from './join-table.js'
import { gatherBuild, joinPartitions } from './partitioned-join.js'
import type { BulkWork, Prepared } from './work.js'

type Built =
  | { readonly kind: 'memory'; readonly step: ProbeStep }
  /** The build side has no room: rows of the join with a probe side. */
  | { readonly kind: 'elsewhere'; readonly rows: (probe: Prepared) => Promise<BreakerRows> }

/** The joins of a pipeline, from when they are built until no chain probes them any more. */
export class BuiltJoins {
  private readonly built: { readonly operator: OperatorHandle; readonly join: BuiltJoin }[] = []

  constructor(private readonly work: BulkWork) {}

  /** Builds the joins among the steps. A join that has no room is itself a source then, for the steps after it. */
  async prepare(source: PipelineSource, steps: readonly PipelineStep[]): Promise<Prepared> {
    let prepared: { source: PipelineSource; steps: ChainStep[] } = { source, steps: [] }
    for (const step of steps) {
      if (step.kind !== 'join') {
        prepared.steps.push(step)
        continue
      }
      const built = await this.build(step)
      if (built.kind === 'memory') prepared.steps.push(built.step)
      else {
        const probe = prepared
        const rows = () => built.rows(probe)
        // What joins partitions counts its rows itself.
        const node = step.how === 'cross' ? step.node : undefined
        prepared = { source: { kind: 'stream', schema: step.schema, rows, node }, steps: [] }
      }
    }
    return prepared
  }

  async build(join: JoinStep): Promise<Built> {
    const { work } = this
    const operator = work.run.operator('join build', undefined, work.span(join))
    work.switching.begin('join')
    if (join.how === 'cross') {
      const gathered = await gather(work, join.build, operator, join.buildKeys)
      if (gathered.kind === 'memory') return this.hold(operator, join, gathered.whole)
      return { kind: 'elsewhere', rows: (probe) => joinStaged(work, join, probe, gathered.relation) }
    }
    const joins = new BuiltJoins(work)
    try {
      const side = await gatherBuild(work, await joins.prepare(join.build.source, join.build.steps), join, operator)
      if (side.kind === 'memory') return this.hold(operator, join, side.whole)
      const batches = (probe: Prepared) => joinPartitions(work, join, probe, side.partitions)
      return { kind: 'elsewhere', rows: async (probe) => ({ kind: 'batches', batches: batches(probe) }) }
    } finally {
      joins.release()
    }
  }

  release(): void {
    for (const { operator, join } of this.built.splice(0)) releaseJoin(operator, join)
  }

  private async hold(operator: OperatorHandle, join: JoinStep, whole: Batch): Promise<Built> {
    const built = await builtJoin(operator, this.work.run.pool.threads, join, whole, join.node)
    this.built.push({ operator, join: built })
    return { kind: 'memory', step: built.step }
  }
}

/** A full join: what the probe side puts out, then the build rows that nothing matched. */
export async function* outerJoin(
  work: BulkWork,
  { input, join }: Extract<PipelineSource, { kind: 'outerJoin' }>,
): AsyncGenerator<Batch> {
  const joins = new BuiltJoins(work)
  try {
    const probe = await joins.prepare(input.source, input.steps)
    const built = await joins.build(join)
    if (built.kind === 'elsewhere') return yield* batchesOf(work.run, join.schema, await built.rows(probe))
    const { step } = built
    yield* work.output(probe.source, [...probe.steps, step])
    yield* unmatchedRows(work, step)
  } finally {
    joins.release()
  }
}

/** Gives DuckDB the probe side of a cross join too, and has it join. */
async function joinStaged(work: BulkWork, join: JoinStep, probe: Prepared, build: Relation): Promise<BreakerRows> {
  const probeWidth = join.schema.fields.length - join.buildColumns.length
  const probeSchema = { ...join.schema, fields: join.schema.fields.slice(0, probeWidth) }
  const rows = await relationOf(work, probe, probeSchema, join.probeKeys)
  const columns = [...rows.columns('p'), ...join.buildColumns.map((index) => `b.c${index}`)]
  const sql = `SELECT ${columns.join(', ')} FROM ${rows.from} p CROSS JOIN ${build.from} b`
  return { kind: 'query', sql, tables: [...rows.tables, ...build.tables] }
}
