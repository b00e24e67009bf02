/**
 * Windows: computed over all rows in one batch. Where these have no room, DuckDB hands the rows back in buckets of whole
 * partitions, each of which is then computed as if it were all, and puts the results in order.
 */

import type { Batch } from '../../../io/batch.js'
import { expressionKey } from '../../../planner/expression-tree.js'
import { field, INT32, INT64, type Schema, schemaOf } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { FirstRowsSlots } from '../../operators/first-rows.js'
import { repeatsTasks } from '../../recovery/recovery.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainStep } from '../../workers/messages.js'
import type { Relation } from '../bigdata/relation.js'
import { queried, StagedRows } from '../bigdata/staged-rows.js'
import { copyRange } from '../limit.js'
import type { PipelineSource } from '../pipeline.js'
import { gather } from './gather.js'
import { type BulkWork, contiguous } from './work.js'

type WindowSource = Extract<PipelineSource, { kind: 'window' }>

/** Of the rows in a bucket, on average: several are made of one share, as buckets differ. */
const BUCKETS_PER_SHARE = 8
const MOST_BUCKETS = 4096

export async function* windows(work: BulkWork, source: WindowSource): AsyncGenerator<Batch> {
  work.switching.begin('window')
  const operator = work.run.operator('window', undefined, work.span(source))
  const partitionBy = sharedPartitions(source)
  const slots = firstRowsSlots(work, source, operator)
  const gathered = await gather(work, source.input, operator, partitionBy, firstRowsSteps(source, slots))
  slots?.release(source.windows[0])
  if (gathered.kind === 'memory') return yield await computed(operator, source, gathered.whole)
  yield* windowsOfStaged(work, operator, source, gathered.relation)
}

/** The results of buckets go to DuckDB as well, which hands them out in the order of the input. */
async function* windowsOfStaged(
  work: BulkWork,
  operator: OperatorHandle,
  source: WindowSource,
  relation: Relation,
): AsyncGenerator<Batch> {
  const { fields } = source.input.schema
  const placed = schemaOf([...fields, field('part', INT32), field('place', INT64)])
  const windows = source.windows.map(({ name, type }) => field(name, type))
  const schema = schemaOf([...placed.fields, ...windows])
  const results = await StagedRows.create(work.run, schema)
  for await (const bucket of buckets(work, placed, relation)) {
    const batch = await computed(operator, source, await contiguous(operator, placed, bucket))
    await results.append({ ...batch, schema })
  }
  const names = schema.fields.map((_, index) => `c${index}`)
  const [part, place] = names.splice(fields.length, 2)
  const sql = `SELECT ${names.join(', ')} FROM ${results.table} ORDER BY ${part}, ${place}`
  yield* queried(work.run, sql, schemaOf([...fields, ...windows]), [results])
}

/** Null unless the first rows of partitions are wanted. Tasks that are done again would count their rows twice. */
function firstRowsSlots(work: BulkWork, { first }: WindowSource, operator: OperatorHandle): FirstRowsSlots | null {
  if (first === null || repeatsTasks(work.run.recovery)) return null
  return FirstRowsSlots.create(operator.context, work.window)
}

/** Leaves out rows before which enough others come in their partition. */
function firstRowsSteps(
  { first, windows: [{ partitionBy, orderBy }] }: WindowSource,
  slots: FirstRowsSlots | null,
): ChainStep[] {
  if (first === null || slots === null) return []
  const place = { slots: slots.slots, slotCount: slots.slotCount }
  return [{ kind: 'firstRows', ...first, ...place, partitionBy, key: orderBy[0] ?? null }]
}

async function computed(operator: OperatorHandle, source: WindowSource, whole: Batch): Promise<Batch> {
  const { vectors } = await operator.task('window', { windows: source.windows, batch: whole })
  return { ...whole, columns: [...whole.columns, ...vectors] }
}

/** What all windows are partitioned by; nothing if they differ, as then all rows are one partition. */
function sharedPartitions({ windows }: WindowSource): WindowSource['windows'][number]['partitionBy'] {
  const [first, ...others] = windows.map(({ partitionBy }) => partitionBy)
  const key = (partition: typeof first) => JSON.stringify(partition.map(expressionKey).sort())
  return others.every((other) => key(other) === key(first)) ? first : []
}

/**
 * The batches of one bucket after the other, with their places in the input behind the columns; each holds all rows of the
 * partitions in it, in the order of the input.
 */
async function* buckets(work: BulkWork, schema: Schema, relation: Relation): AsyncGenerator<Batch[]> {
  const width = schema.fields.length
  const keys = relation.keyColumns('r')
  const share = work.switching.shareBytes
  const count = Math.min(MOST_BUCKETS, 1 + Math.floor((relation.bytes * BUCKETS_PER_SHARE) / share))
  const bucket = keys.length === 0 ? '0' : `(hash(${keys.join(', ')}) % ${count})`
  const places = ['r.part::INTEGER AS part', 'r.place::BIGINT AS place', `${bucket}::INTEGER AS bucket`]
  const columns = [...relation.columns('r'), ...places].join(', ')
  const sql = `SELECT ${columns} FROM ${relation.from} r ORDER BY bucket, r.part, r.place`
  const withBucket = schemaOf([...schema.fields, field('bucket', INT32)])
  let pieces: Batch[] = []
  let current = -1
  for await (const batch of relation.query(sql, withBucket)) {
    for (const { value, start, end } of runsOf(work, batch, width)) {
      if (value !== current && pieces.length > 0) {
        yield pieces
        pieces = []
      }
      current = value
      pieces.push(
        copyRange(work.run.context, { ...batch, schema, columns: batch.columns.slice(0, width) }, start, end - start),
      )
    }
    releaseBatch(work.run.context, batch)
  }
  if (pieces.length > 0) yield pieces
}

/** Runs of equal values in the last column of a batch. */
function* runsOf(
  { run }: BulkWork,
  batch: Batch,
  column: number,
): Generator<{ value: number; start: number; end: number }> {
  const values = run.memory.views.i32.subarray(batch.columns[column].values / 4)
  for (let start = 0; start < batch.length; ) {
    let end = start + 1
    while (end < batch.length && values[end] === values[start]) end++
    yield { value: values[start], start, end }
    start = end
  }
}
