/** The rows of a stage of mode `full`, in an Arrow file that outlives the process. */

import { statSync } from 'node:fs'
import type { Batch } from '../../../io/batch.js'
import { releaseBatch, sliceMorsels } from '../../../io/block-sharing.js'
import { BatchReader } from '../../../io/ipc/batch-reader.js'
import { IpcSink } from '../../../io/ipc/ipc-sink.js'
import { projectSchema } from '../../../io/row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from '../../../io/source.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { PipelineServices } from '../services.js'
import type { Loading } from '../shared-inputs.js'
import type { KeptFile } from './manifest.js'

/** Writes all rows durably: the file has its name only when it is whole. */
export async function keepRows(
  path: string,
  name: string,
  { schema, batches }: Loading,
  { memory, allocate }: PipelineServices,
): Promise<KeptFile> {
  const target = { views: memory.views, allocate, release: memory.release }
  const sink = await IpcSink.open(path, schema, target, { overwrite: true, format: 'file' })
  try {
    for await (const batch of batches) await sink.write({ ...batch, schema })
    const { rows } = await sink.finish()
    return { name, schema, rows }
  } catch (error) {
    await sink.abort()
    throw error
  }
}

/** Reads them, any number of times. */
export class KeptRows implements Source {
  readonly id = 0
  /** To a plan it is no file: nobody is told of rows in it. */
  readonly format = 'memory'
  readonly bounded = true
  readonly schema: Schema
  private readonly bytes: number

  constructor(
    readonly label: string,
    private readonly path: string,
    private readonly kept: KeptFile,
    private readonly services: Pick<PipelineServices, 'memory'>,
  ) {
    this.schema = kept.schema
    this.bytes = sizeOf(path, label)
  }

  estimate(): ScanEstimate {
    return { rows: this.kept.rows, bytes: this.bytes, rowGroups: null }
  }

  async *morsels({ columns }: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    const { memory } = this.services
    const positions = columns.map((name) => this.schema.fields.findIndex((field) => field.name === name))
    const reader = new BatchReader(this.path, projectSchema(this.schema, columns), positions, target, memory)
    try {
      let firstRow = 0
      for (let batch: Batch | null = reader.next(); batch !== null; batch = reader.next()) {
        try {
          target.checkCancelled()
          yield* sliceMorsels(batch, firstRow, memory)
        } finally {
          releaseBatch(memory, batch)
        }
        firstRow += batch.length
      }
    } finally {
      reader.close()
    }
  }

  async close(): Promise<void> {}
}

function sizeOf(path: string, label: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size !== undefined) return size
  throw new VolleyError(
    'VOLLEY_CHECKPOINT_MISMATCH',
    `${label} are gone: there is no ${path}; start anew with another checkpoint ID`,
    { path },
  )
}
