/** Joins: the build side becomes one batch and a table over it in shared memory, which the chains of workers probe. */

import type { Batch, Vector } from '../../../io/batch.js'
import { comparedSql } from '../../../planner/duckdb-sql/compared.js'
import { releaseBatch, releaseVector } from '../../kernels/vectors.js'
import { releaseJoinTable } from '../../operators/join.js'
import type { ProbeStep } from '../../operators/probe.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainStep } from '../../workers/messages.js'
import type { Relation } from '../bigdata/relation.js'
import { batchesOf } from '../bigdata/staged-rows.js'
import type { BreakerRows, JoinStep, PipelineSource, PipelineStep } from '../pipeline.js'
import { gather, relationOf } from './gather.js'
import { type BulkWork, evaluate, OUTPUT_ROWS, shareStart } from './work.js'

/** Fewer rows than this are entered into a join table by one worker. */
const SMALL_BUILD = 50_000

interface BuiltJoin {
  readonly table: number
  readonly whole: Batch
  readonly keys: readonly Vector[]
}

type Built =
  | { readonly kind: 'memory'; readonly step: ProbeStep }
  | { readonly kind: 'staged'; readonly relation: Relation }

/** A source and what is to be done to its batches, as chains take it. */
export interface Prepared {
  readonly source: PipelineSource
  readonly steps: readonly ChainStep[]
}

/** The joins of a pipeline, from when they are built until no chain probes them any more. */
export class BuiltJoins {
  private readonly built: BuiltJoin[] = []

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
        const rows = () => joinStaged(this.work, step, probe, built.relation)
        prepared = { source: { kind: 'stream', schema: step.schema, rows, node: step.node }, steps: [] }
      }
    }
    return prepared
  }

  async build(join: JoinStep): Promise<Built> {
    const { work } = this
    const operator = work.run.operator('join build', undefined, work.span(join))
    work.switching.begin('join')
    const gathered = await gather(work, join.build, operator, join.buildKeys)
    if (gathered.kind === 'staged') return gathered
    const { whole } = gathered
    const keys = await evaluate(operator, join.buildKeys, whole)
    const table =
      join.how === 'cross'
        ? 0
        : await buildTable(operator, work.run.pool.threads, keys, whole.length, join.how === 'full')
    this.built.push({ table, whole, keys })
    const columns = join.buildColumns.map((index) => whole.columns[index])
    const build: Batch = { schema: join.build.schema, length: whole.length, columns }
    const step: ProbeStep = {
      kind: 'probe',
      how: join.how,
      schema: join.schema,
      keys: join.probeKeys,
      table,
      build,
      node: join.node,
    }
    return { kind: 'memory', step }
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

/** A full join: what the probe side puts out, then the build rows that nothing matched. */
export async function* outerJoin(
  work: BulkWork,
  { input, join }: Extract<PipelineSource, { kind: 'outerJoin' }>,
): AsyncGenerator<Batch> {
  const joins = new BuiltJoins(work)
  try {
    const probe = await joins.prepare(input.source, input.steps)
    const built = await joins.build(join)
    if (built.kind === 'staged') {
      return yield* batchesOf(work.run, join.schema, await joinStaged(work, join, probe, built.relation))
    }
    const { step } = built
    yield* work.output(probe.source, [...probe.steps, step])
    const rows = step.build.length
    yield* work.parts(Math.ceil(rows / OUTPUT_ROWS), (part) => {
      const start = part * OUTPUT_ROWS
      return work.run.task('unmatched', { step, start, count: Math.min(OUTPUT_ROWS, rows - start) })
    })
  } finally {
    joins.release()
  }
}

const JOINS: Readonly<Record<JoinStep['how'], string>> = {
  inner: 'JOIN',
  left: 'LEFT JOIN',
  full: 'FULL JOIN',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
  cross: 'CROSS JOIN',
}

/** Gives DuckDB the probe side too, and has it join. */
async function joinStaged(work: BulkWork, join: JoinStep, probe: Prepared, build: Relation): Promise<BreakerRows> {
  const probeWidth = join.schema.fields.length - join.buildColumns.length
  const probeSchema = { ...join.schema, fields: join.schema.fields.slice(0, probeWidth) }
  const rows = await relationOf(work, probe, probeSchema, join.probeKeys)
  const [probeKeys, buildKeys] = [rows.keyColumns('p'), build.keyColumns('b')].map((keys) =>
    keys.map((key, i) => comparedSql(key, join.probeKeys[i].type)),
  )
  const on = probeKeys.length === 0 ? '' : ` ON ${probeKeys.map((key, i) => `${key} = ${buildKeys[i]}`).join(' AND ')}`
  const columns = [...rows.columns('p'), ...join.buildColumns.map((index) => `b.c${index}`)]
  const sql = `SELECT ${columns.join(', ')} FROM ${rows.from} p ${JOINS[join.how]} ${build.from} b${on}`
  return { kind: 'query', sql, tables: [...rows.tables, ...build.tables] }
}
