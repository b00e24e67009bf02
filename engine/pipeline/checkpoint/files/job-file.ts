/** What a format needs to write a file that a later process can go on with. */

import type { CsvWriteOptions } from '../../../../io/csv/csv-options.js'
import { CsvSink } from '../../../../io/csv/csv-sink.js'
import { isTabSeparated } from '../../../../io/file-format.js'
import { IpcSink, type IpcState } from '../../../../io/ipc/ipc-sink.js'
import { NdjsonSink } from '../../../../io/ndjson/ndjson-sink.js'
import { OutputFile, type OutputJob, type OutputState } from '../../../../io/output-file.js'
import { partitionedSchema } from '../../../../io/parquet/partition-rows.js'
import { type PartitionState, PartitionWriter } from '../../../../io/parquet/partition-writer.js'
import { ParquetFileWriter, type ParquetState } from '../../../../io/parquet/writer.js'
import type { Sink, SinkResult } from '../../../../io/sink.js'
import { TextOutput } from '../../../../io/text-output.js'
import { unreachable } from '../../../../planner/errors.js'
import type { TargetDefinition } from '../../../../planner/pipeline/definition.js'
import type { Schema } from '../../../../planner/types.js'
import { parquetSinkOver, partitionSinkOver } from '../../../parquet-sink.js'
import type { PipelineServices } from '../../services.js'
import type { Json } from '../../stage.js'

export type FileTarget = Extract<TargetDefinition, { readonly kind: 'file' }>

/** An output under way, whose part that is settled survives the process. */
export interface JobFile {
  readonly sink: Pick<Sink, 'write' | 'finish' | 'abort'>
  /** Brings all that was written to the disk, and tells where the output stands. */
  settle(): Promise<Json>
  /** Leaves the output where it is. */
  suspend(): Promise<void>
  /** The output, if it has its name already. */
  readonly completed: SinkResult | null
}

export interface JobFileRequest {
  readonly target: FileTarget
  readonly path: string
  readonly schema: Schema
  readonly job: string
  /** What `settle` told; null to begin. */
  readonly state: Json
  readonly services: PipelineServices
}

/** A state within a file's state: where the file ends, and what its format needs. */
interface Standing<T> {
  readonly file: OutputState
  readonly format: T
}

export async function openJobFile(request: JobFileRequest): Promise<JobFile> {
  const { target } = request
  switch (target.format) {
    case 'parquet':
      return (target.options.partitionBy?.length ?? 0) > 0 ? openDirectory(request) : openParquet(request)
    case 'arrow':
      return openArrow(request)
    case 'csv':
      return openCsv(request)
    case 'ndjson':
      return openNdjson(request)
    default:
      return unreachable(target.format)
  }
}

async function openParquet(request: JobFileRequest): Promise<JobFile> {
  const { target, schema, services } = request
  const { file, format } = await openFile<ParquetState>(request)
  const writer =
    format === null || file.isComplete
      ? await ParquetFileWriter.over(file.isComplete ? NOWHERE : file, schema)
      : ParquetFileWriter.resume(file, schema, format)
  const sink = parquetSinkOver(writer, schema, target.options, services.run)
  return jobFile(file, sink, format?.rows ?? 0, async () => {
    await sink.settle()
    return writer.state()
  })
}

async function openArrow(request: JobFileRequest): Promise<JobFile> {
  const { target, schema, services } = request
  const { file, format } = await openFile<IpcState>(request)
  const sink = IpcSink.over(file, schema, sinkMemory(services), target.options, format)
  return jobFile(file, sink, format?.rows ?? 0, () => sink.settle())
}

async function openCsv(request: JobFileRequest): Promise<JobFile> {
  const { target, schema, services, path } = request
  const { file, format } = await openFile<number>(request)
  const options: CsvWriteOptions = { ...(isTabSeparated(path) ? { delimiter: '\t' } : {}), ...target.options }
  const sink = CsvSink.over(TextOutput.over(file), schema, sinkMemory(services), options, format)
  return jobFile(file, sink, format ?? 0, () => sink.settle())
}

async function openNdjson(request: JobFileRequest): Promise<JobFile> {
  const { schema, services } = request
  const { file, format } = await openFile<number>(request)
  const sink = NdjsonSink.over(TextOutput.over(file), schema, sinkMemory(services), format ?? 0)
  return jobFile(file, sink, format ?? 0, () => sink.settle())
}

async function openDirectory(request: JobFileRequest): Promise<JobFile> {
  const { target, path, schema, job, services } = request
  const state = request.state as unknown as PartitionState | null
  const { partitionBy = [] } = target.options
  const inner = partitionedSchema(schema, partitionBy)
  const writer = await PartitionWriter.openForJob(path, inner, { job, state }, { overwrite: overwrites(target) })
  const sink = partitionSinkOver(writer, inner, target.options, services.run)
  const files = Object.entries(state?.files ?? {})
  if (writer.isComplete) await writer.removeReplaced()
  return {
    sink,
    settle: async () => {
      await sink.settle()
      return (await writer.settle()) as unknown as Json
    },
    suspend: async () => writer.suspend(),
    completed: writer.isComplete
      ? {
          rows: files.reduce((sum, [, { rows }]) => sum + rows, 0),
          bytesWritten: files.reduce((sum, [, { bytes }]) => sum + bytes, 0),
          files: files.map(([directory]) => `${path}/${directory}/part-0.parquet`).sort(),
        }
      : null,
  }
}

async function openFile<T>({
  target,
  path,
  job,
  state,
}: JobFileRequest): Promise<{ file: OutputFile; format: T | null }> {
  const standing = state as unknown as Standing<T> | null
  const output: OutputJob = { job, state: standing?.file ?? null }
  const file = await OutputFile.openForJob(path, output, { overwrite: overwrites(target) })
  return { file, format: standing?.format ?? null }
}

function jobFile(file: OutputFile, sink: Sink, rows: number, settle: () => Promise<unknown>): JobFile {
  return {
    sink,
    settle: async () => {
      const format = await settle()
      const standing: Standing<unknown> = { format, file: await file.settle() }
      return standing as unknown as Json
    },
    suspend: () => file.suspend(),
    completed: file.isComplete ? { rows, bytesWritten: file.bytesWritten, files: [file.path] } : null,
  }
}

/** Of an output that is complete, nothing more is written. */
const NOWHERE = {
  path: '',
  bytesWritten: 0,
  append: async () => {},
  commit: async () => {},
  abort: async () => {},
}

export function overwrites({ mode, options }: FileTarget): boolean {
  return mode === 'replace' || options.overwrite === true
}

function sinkMemory({ memory, allocate }: PipelineServices) {
  return { views: memory.views, allocate, release: memory.release }
}
