/** Files that appear at the end, whole. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Batch } from '../../../io/batch.js'
import { extensionsOf, isDirectory } from '../../../io/file-format.js'
import type { Sink } from '../../../io/sink.js'
import { InternalError, unreachable, VolleyError } from '../../../planner/errors.js'
import type { FileFormat, TargetDefinition } from '../../../planner/pipeline/definition.js'
import type { SinkTarget } from '../../../planner/run-options.js'
import type { Schema } from '../../../planner/types.js'
import { openSink } from '../../sinks.js'
import type { ConsumerResult, Json } from '../stage.js'
import { OneSchema } from './one-schema.js'
import type { ConsumerSetting } from './setting.js'
import { UncommittedConsumer } from './uncommitted-consumer.js'

export type FileTarget = Extract<TargetDefinition, { kind: 'file' }>

/** A target as sinks take it. */
export function sinkTarget(format: FileFormat, path: string, options: object, overwrite: boolean): SinkTarget {
  const target = { path, options: { ...options, overwrite } }
  switch (format) {
    case 'parquet':
      return { format, ...target }
    case 'arrow':
      return { format, ...target }
    case 'csv':
      return { format, ...target }
    case 'ndjson':
      return { format, ...target }
    default:
      return unreachable(format)
  }
}

/** Modes `append`, `replace` and `fail`. */
export class FileConsumer extends UncommittedConsumer {
  private readonly path: string
  private sink: Sink | null = null
  private readonly columns: OneSchema

  constructor(
    private readonly target: FileTarget,
    private readonly setting: ConsumerSetting,
  ) {
    super()
    this.path = resolve(setting.directory, target.path)
    this.columns = new OneSchema(this.path, setting.schema)
  }

  async open(state: Json | null): Promise<void> {
    if (state !== null) throw new InternalError(`${this.path} cannot be gone on with`)
    if (this.target.mode === 'fail') refuseExisting(this.path)
    const { schema } = this.setting
    if (schema !== null) await this.opened(schema)
  }

  async write(batch: Batch): Promise<void> {
    this.columns.expect(batch.schema)
    await (await this.opened(batch.schema)).write(batch)
  }

  /** Without a schema and without a batch, there is no file. */
  async finish(): Promise<ConsumerResult> {
    const schema = this.sink === null ? ((await this.setting.schemaWithoutRows?.()) ?? null) : null
    const sink = schema === null ? this.sink : await this.opened(schema)
    if (sink === null) return { rows: 0, bytesWritten: 0, outputs: [] }
    const { rows, bytesWritten, files } = await sink.finish()
    return { rows, bytesWritten, outputs: outputsOf(this.target, this.path, files) }
  }

  async abort(): Promise<void> {
    await this.sink?.abort()
  }

  private async opened(schema: Schema): Promise<Sink> {
    if (this.sink !== null) return this.sink
    const { format, mode, options } = this.target
    const path = mode === 'append' ? nextPart(this.path, format) : this.path
    const overwrite = mode === 'replace' || options.overwrite === true
    this.sink = await openSink(sinkTarget(format, path, options, overwrite), schema, this.setting.services.run)
    return this.sink
  }
}

/** What a report names: of a directory with partitions, itself. */
export function outputsOf({ options }: FileTarget, path: string, files: readonly string[]): readonly string[] {
  return (options.partitionBy?.length ?? 0) > 0 ? [path] : files
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return
  throw new VolleyError('VOLLEY_OUTPUT_EXISTS', `${path} exists already; its mode is to fail then`, { path })
}

/** Throws VOLLEY_INVALID_ARGUMENT for a file to whose rows others cannot be appended. */
export function expectDirectory(path: string): void {
  if (!existsSync(path) || isDirectory(path)) return
  const message = `${path} is a file: rows are appended as a new file in a directory`
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', message, { path, expected: 'a directory' })
}

/** The file after those in a directory, which is made if there is none: `part-00000.parquet`, ... */
export function nextPart(directory: string, format: FileFormat): string {
  expectDirectory(directory)
  mkdirSync(directory, { recursive: true })
  const numbers = readdirSync(directory).map((name) => Number(/^part-(\d+)\./.exec(name)?.[1] ?? -1))
  const next = Math.max(-1, ...numbers) + 1
  return join(directory, `part-${String(next).padStart(5, '0')}${extensionsOf(format)[0]}`)
}

/** A name beside a file that readers of its directory leave out. */
export function besides(path: string, name: string, extension: string): string {
  return join(dirname(path), `.${basename(path)}.${name}.volley-tmp${extension}`)
}
