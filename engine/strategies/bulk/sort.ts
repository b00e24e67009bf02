/** Sorting: the workers sort ranges of the rows, then each merges shares of the result out of all ranges. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch, releaseVector } from '../../kernels/vectors.js'
import type { OperatorHandle } from '../../run.js'
import type { SortedRun, SortVector } from '../../workers/messages.js'
import type { Relation } from '../bigdata/relation.js'
import type { PipelineSource } from '../pipeline.js'
import { gather } from './gather.js'
import { type BulkWork, evaluate, OUTPUT_ROWS, shareStart } from './work.js'

type SortSource = Extract<PipelineSource, { kind: 'sort' }>

/** Fewer rows than this are sorted by one worker. */
const SMALL_SORT = 50_000

export async function* sort(work: BulkWork, source: SortSource): AsyncGenerator<Batch> {
  work.switching.begin('sort')
  const operator = work.run.operator('sort', undefined, work.span(source))
  const expressions = source.keys.map((key) => key.expression)
  const gathered = await gather(work, source.input, operator, expressions)
  if (gathered.kind === 'staged') return yield* sortStaged(source, gathered.relation)
  const { whole } = gathered
  const vectors = await evaluate(operator, expressions, whole)
  const keys = source.keys.map(
    ({ descending, nullsFirst }, index): SortVector => ({ vector: vectors[index], descending, nullsFirst }),
  )
  const runs = await sortedRuns(operator, work.run.pool.threads, keys, whole.length, source.limit)
  const total = Math.min(whole.length, source.limit ?? whole.length)
  yield* work.parts(Math.ceil(total / OUTPUT_ROWS), (part) => {
    const from = part * OUTPUT_ROWS
    return operator.task('mergeSorted', { keys, runs, batch: whole, from, to: Math.min(total, from + OUTPUT_ROWS) })
  })
  for (const { address } of runs) operator.context.release(address)
  for (const vector of vectors) releaseVector(operator.context, vector)
  releaseBatch(operator.context, whole)
}

function sortedRuns(
  operator: OperatorHandle,
  threads: number,
  keys: readonly SortVector[],
  rows: number,
  limit: number | null,
): Promise<SortedRun[]> {
  const shares = rows < SMALL_SORT ? 1 : threads
  return Promise.all(
    Array.from({ length: shares }, (_, share) => {
      const [start, end] = [shareStart(rows, share, shares), shareStart(rows, share + 1, shares)]
      return operator.task('sortRange', { keys, rows, start, end, limit })
    }),
  )
}

/** Rows with equal keys keep the order in which they came. */
function sortStaged(source: SortSource, relation: Relation): AsyncGenerator<Batch> {
  const keys = relation.keyColumns('r')
  const order = [...source.keys.map((key, index) => orderedBy(keys[index], key)), 'r.part', 'r.place']
  const limit = source.limit === null ? '' : ` LIMIT ${source.limit}`
  const columns = relation.columns('r').join(', ')
  const sql = `SELECT ${columns} FROM ${relation.from} r ORDER BY ${order.join(', ')}${limit}`
  return relation.query(sql, source.input.schema)
}

function orderedBy(column: string, { descending, nullsFirst }: SortSource['keys'][number]): string {
  return `${column} ${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`
}
