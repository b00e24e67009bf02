/**
 * Writes what a consumer of a job reads, once, however often the job is killed:
 *
 *   epoch 1   the consumer has begun: what its output was before has been looked at
 *   epoch 2   all rows are durable, beside their place
 *
 * Behind each, the consumer commits. A resumed job asks the output, as a stream does, whether the second was committed.
 */

import { dirname, resolve } from 'node:path'
import type { Batch } from '../../../io/batch.js'
import type { DecodeTarget } from '../../../io/source.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { Frame } from '../../../planner/frame.js'
import type { ConsumerStage } from '../../../planner/pipeline/definition.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { RunOptions, RunReport } from '../../../planner/run-options.js'
import type { Schema } from '../../../planner/types.js'
import { makeDirectory } from '../checkpoint/durable.js'
import { JobFileConsumer } from '../checkpoint/files/file-consumer.js'
import { slicesOf } from '../extract/slices.js'
import { openConsumer } from '../load/open-consumer.js'
import type { Consumer, Json } from '../stage.js'
import type { Loaded, LoadSetting } from './load.js'
import type { StageJournal } from './stage-journal.js'

const BEGUN = 1
const WRITTEN = 2

/** What the journal keeps of a consumer that has not ended. */
interface LoadingState {
  readonly begun: Json
  /** Null before all rows are durable. */
  readonly written: {
    readonly state: Json
    readonly rows: number
    /** Of records that were left out and are written down; null where the first one ends the run. */
    readonly errors: Json
  } | null
}

/**
 * What a consumer had left out when all of its rows were durable; null before that. If it has to write them again, what
 * it leaves out has been told.
 */
export function leftOutBefore(loading: Json): (Json & { readonly failed: number }) | null {
  const errors = (loading as unknown as LoadingState | null)?.written?.errors ?? null
  return errors as (Json & { readonly failed: number }) | null
}

export async function loadOnce(
  stage: ConsumerStage,
  frame: Frame,
  setting: LoadSetting,
  options: RunOptions,
  journal: StageJournal,
): Promise<Loaded> {
  const known = journal.loading(stage.id) as unknown as LoadingState | null
  if (known?.written != null) {
    const { state, rows } = known.written
    const consumer = await openForJob(stage, setting, journal)
    await consumer.open(state)
    const committed = await consumer.committedEpoch()
    if (committed === null || committed >= WRITTEN) return finished(consumer, rows, null)
    await consumer.abort(true)
  }
  const consumer = await openForJob(stage, setting, journal)
  let isWritten = false
  try {
    const begun = await begin(consumer, stage, known, journal)
    const { rows, report } = await write(consumer, frame, setting, options)
    if (consumer.isResumable) {
      const prepared = await consumer.prepare(WRITTEN)
      await setting.errors?.sync()
      const errors = leftOutBefore(journal.loading(stage.id)) ?? setting.errors?.save() ?? null
      const state: LoadingState = { begun, written: { state: prepared, rows, errors } }
      isWritten = true
      await journal.load(stage.id, state as unknown as Json)
      await consumer.commit(WRITTEN)
    }
    return await finished(consumer, rows, report)
  } catch (error) {
    await consumer.abort(isWritten)
    throw error
  }
}

/** Begins, or goes on with what has begun and was not written to its end. */
async function begin(
  consumer: Consumer,
  { id }: ConsumerStage,
  known: LoadingState | null,
  journal: StageJournal,
): Promise<Json> {
  if (known !== null) {
    await consumer.open(known.begun)
    return known.begun
  }
  await consumer.open(null)
  // What can put out everything at the end alone begins anew each time, and gives the same again.
  if (!consumer.isResumable) return null
  const begun = await consumer.prepare(BEGUN)
  const state: LoadingState = { begun, written: null }
  await journal.load(id, state as unknown as Json)
  await consumer.commit(BEGUN)
  return begun
}

async function write(
  consumer: Consumer,
  frame: Frame,
  { services, batchRows, onBatch }: LoadSetting,
  options: RunOptions,
): Promise<{ readonly rows: number; readonly report: RunReport | null }> {
  let report: RunReport | null = null
  let rows = 0
  const ended = (told: RunReport) => {
    report = told
  }
  for await (const whole of services.batchesOf(frame, options, ended)) {
    for (const { batch } of slicesOf(whole, batchRows, services)) {
      rows += batch.length
      onBatch(batch.length)
      await consumer.write(batch)
    }
  }
  // An output without rows has its columns.
  if (rows === 0) await consumer.write(emptyBatch(await schemaOf(frame), services.target))
  return { rows, report }
}

async function finished(consumer: Consumer, rowsIn: number, report: RunReport | null): Promise<Loaded> {
  const { rows, bytesWritten, outputs } = await consumer.finish()
  return { rowsIn, rowsOut: rows, bytes: bytesWritten, outputs, report }
}

async function openForJob(
  stage: ConsumerStage,
  { services, errors, directory }: LoadSetting,
  { jobName }: StageJournal,
): Promise<Consumer> {
  const { target } = stage
  if (target.kind === 'file') {
    const path = resolve(directory, target.path)
    await makeDirectory(dirname(path))
    if (target.mode !== 'upsert') return new JobFileConsumer(target, path, jobName, services)
  }
  return openConsumer(stage, {
    services,
    id: stage.id,
    directory,
    schema: null,
    checkpoint: jobName,
    errors: () => errors,
    retries: errors === null ? null : stage.retries,
  })
}

function emptyBatch(schema: Schema, { memory, allocate }: DecodeTarget): Batch {
  return { schema, length: 0, columns: schema.fields.map(({ type }) => vectorFromValues(type, [], memory, allocate)) }
}
