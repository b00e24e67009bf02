/** Writes a file, or a directory of them, that a job which was killed goes on with. */

import { rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Batch } from '../../../../io/batch.js'
import { VolleyError } from '../../../../planner/errors.js'
import type { Schema } from '../../../../planner/types.js'
import { outputsOf } from '../../load/file-consumer.js'
import { OneSchema } from '../../load/one-schema.js'
import type { PipelineServices } from '../../services.js'
import type { Consumer, ConsumerResult, Json } from '../../stage.js'
import { makeDirectory } from '../durable.js'
import { type FileTarget, type JobFile, openJobFile, overwrites } from './job-file.js'

interface FileState {
  /** Null before the first batch. */
  readonly schema: Schema | null
  readonly output: Json
}

const NOTHING: ConsumerResult = { rows: 0, bytesWritten: 0, outputs: [] }

export class JobFileConsumer implements Consumer {
  readonly isResumable = true
  private readonly path: string
  private file: JobFile | null = null
  private schema: Schema | null = null
  private columns: OneSchema
  private result: ConsumerResult | null = null
  /** Where an earlier process left the output. */
  private stood: Json = null

  constructor(
    private readonly target: FileTarget,
    path: string,
    /** Names the job among others that write to the same place. */
    private readonly job: string,
    private readonly services: PipelineServices,
    /** Asked for at the end if no batch came; null where only rows could tell. */
    private readonly schemaWithoutRows: () => Promise<Schema | null> = async () => null,
  ) {
    // A new file of a directory: the job names it, so that it is found again.
    this.path = target.mode === 'append' ? join(path, `part-${job}.${EXTENSIONS[target.format]}`) : path
    this.columns = new OneSchema(this.path)
  }

  async open(given: Json | null): Promise<void> {
    const state = given as unknown as FileState | null
    if (state === null) {
      await this.clear()
      return
    }
    this.stood = given
    if (state.schema === null) return
    this.schema = state.schema
    this.columns = new OneSchema(this.path, state.schema)
    this.file = await this.openFile(state.schema, state.output)
    const { completed } = this.file
    if (completed === null) return
    this.result = {
      rows: completed.rows,
      bytesWritten: completed.bytesWritten,
      outputs: outputsOf(this.target, this.path, completed.files),
    }
    await this.file.suspend()
  }

  async write(batch: Batch): Promise<void> {
    this.file ??= await this.openFile(batch.schema, null)
    this.schema ??= batch.schema
    this.columns.expect(batch.schema)
    await this.file.sink.write(batch)
  }

  async prepare(): Promise<Json> {
    // What has its name already stands where it stood.
    if (this.result !== null) return this.stood
    const state: FileState = { schema: this.schema, output: (await this.file?.settle()) ?? null }
    return state as unknown as Json
  }

  async commit(): Promise<void> {}

  async committedEpoch(): Promise<number | null> {
    return null
  }

  async finish(): Promise<ConsumerResult> {
    if (this.result !== null) return this.result
    const schema = this.file === null ? await this.schemaWithoutRows() : null
    if (schema !== null) this.file = await this.openFile(schema, null)
    if (this.file === null) return NOTHING
    const { rows, bytesWritten, files } = await this.file.sink.finish()
    this.result = { rows, bytesWritten, outputs: outputsOf(this.target, this.path, files) }
    return this.result
  }

  async abort(keep: boolean): Promise<void> {
    if (keep) await this.file?.suspend()
    await this.file?.sink.abort()
    if (!keep) await this.clearPart()
  }

  private async openFile(schema: Schema, state: Json): Promise<JobFile> {
    const { target, path, job, services } = this
    if (target.mode === 'append') await makeDirectory(dirname(path))
    return openJobFile({ target, path, schema, job, state, services })
  }

  /** Removes what an earlier process left, and sees early that the output may be written. */
  private async clear(): Promise<void> {
    await this.clearPart()
    if (overwrites(this.target) || this.target.mode === 'append') return
    const there = await stat(this.path).catch(() => null)
    if (there === null || (there.isDirectory() && (this.target.options.partitionBy?.length ?? 0) > 0)) return
    throw new VolleyError('VOLLEY_OUTPUT_EXISTS', `${this.path} exists already; use mode 'replace' to replace it`, {
      path: this.path,
    })
  }

  private async clearPart(): Promise<void> {
    const part = join(dirname(this.path), `.${basename(this.path)}.${this.job}.volley-part`)
    await rm(part, { recursive: true, force: true }).catch(() => undefined)
  }
}

const EXTENSIONS = { parquet: 'parquet', arrow: 'arrow', csv: 'csv', ndjson: 'ndjson' } as const
