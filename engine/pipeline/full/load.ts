/** Writes what a consumer reads. */

import { unreachable } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import type { ConsumerStage } from '../../../planner/pipeline/definition.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { RunOptions, RunReport } from '../../../planner/run-options.js'
import type { StageErrors } from '../errors/stage-errors.js'
import { slicesOf } from '../extract/slices.js'
import { type FileTarget, nextPart } from '../load/file-consumer.js'
import { openConsumer } from '../load/open-consumer.js'
import { makeParentDirectory } from '../load/parent-directory.js'
import type { PipelineServices } from '../services.js'

export interface Loaded {
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytes: number
  readonly outputs: readonly string[]
  /** Of the plan that was run; null if there was none. */
  readonly report: RunReport | null
}

/** Most rows that a consumer which is no file gets at once. */
export interface LoadSetting {
  readonly services: PipelineServices
  /** Where records go that cannot be loaded; null: the first one ends the run. */
  readonly errors: StageErrors | null
  /** Where relative paths start. */
  readonly directory: string
  readonly batchRows: number
  /** Told of the rows that it gets. */
  readonly onBatch: (rows: number) => void
}

export async function load(
  stage: ConsumerStage,
  frame: Frame,
  setting: LoadSetting,
  options: RunOptions,
): Promise<Loaded> {
  const { target } = stage
  if (target.kind === 'file' && target.mode !== 'upsert') {
    const { path, report } = await sink(frame, target, options)
    return {
      rowsIn: report.rowsOut,
      rowsOut: report.rowsOut,
      bytes: report.bytesWritten,
      outputs: [path],
      report,
    }
  }
  return consume(stage, frame, setting, options)
}

async function sink(frame: Frame, target: FileTarget, run: RunOptions): Promise<{ path: string; report: RunReport }> {
  const isPart = target.mode === 'append'
  await makeParentDirectory(target.path)
  const path = isPart ? nextPart(target.path, target.format) : target.path
  const options = { ...target.options, overwrite: target.mode === 'replace' || target.options.overwrite === true }
  return { path, report: await sinkTo(frame, target.format, path, options, run) }
}

function sinkTo(
  frame: Frame,
  format: FileTarget['format'],
  path: string,
  options: object,
  run: RunOptions,
): Promise<RunReport> {
  switch (format) {
    case 'parquet':
      return frame.sinkParquet(path, options, run)
    case 'arrow':
      return frame.sinkArrow(path, options, run)
    case 'csv':
      return frame.sinkCsv(path, options, run)
    case 'ndjson':
      return frame.sinkNdjson(path, options, run)
    default:
      return unreachable(format)
  }
}

async function consume(
  stage: ConsumerStage,
  frame: Frame,
  { services, batchRows, onBatch, errors, directory }: LoadSetting,
  options: RunOptions,
): Promise<Loaded> {
  const schema = await schemaOf(frame)
  const consumer = await openConsumer(stage, {
    services,
    id: stage.id,
    directory,
    schema,
    checkpoint: null,
    errors: () => errors,
    retries: errors === null ? null : stage.retries,
  })
  let report: RunReport | null = null
  const ended = (told: RunReport) => {
    report = told
  }
  let rowsIn = 0
  try {
    await consumer.open(null)
    for await (const whole of services.batchesOf(frame, options, ended)) {
      for (const { batch } of slicesOf(whole, batchRows, services)) {
        rowsIn += batch.length
        onBatch(batch.length)
        await consumer.write(batch)
      }
    }
    const { rows, bytesWritten, outputs } = await consumer.finish()
    return { rowsIn, rowsOut: rows, bytes: bytesWritten, outputs, report }
  } catch (error) {
    await consumer.abort(false)
    throw error
  }
}
