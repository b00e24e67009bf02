/** The batches of a checkpoint, in Arrow files. */

import type { Batch } from '../../../io/batch.js'
import { retainBatch } from '../../../io/block-sharing.js'
import { BatchReader } from '../../../io/ipc/batch-reader.js'
import { IpcSink } from '../../../io/ipc/ipc-sink.js'
import type { Schema } from '../../../planner/types.js'
import type { TaskContext } from '../../workers/task-context.js'

/** Batches of one schema, each of which is one record batch of the file. */
export interface Blob {
  /** In the directory of the checkpoint. */
  readonly name: string
  readonly schema: Schema
}

/** Writes batches durably; they stay the caller's. `path` tells where a file of a name lies. */
export async function writeBlobs(
  batches: readonly Batch[],
  prefix: string,
  path: (name: string) => string,
  context: TaskContext,
): Promise<readonly Blob[]> {
  const memory = { views: context.memory, allocate: context.allocate, release: context.release }
  const blobs: Blob[] = []
  for (const group of groupsOf(batches)) {
    const { schema } = group[0]
    const name = `${prefix}-${blobs.length}.arrow`
    const sink = await IpcSink.open(path(name), schema, memory, { overwrite: true, format: 'file' })
    try {
      for (const batch of group) await sink.write(retainBatch(context, batch))
      await sink.finish()
    } catch (error) {
      await sink.abort()
      throw error
    }
    blobs.push({ name, schema })
  }
  return blobs
}

/** The same batches, in their order. Their blocks are the caller's. */
export function readBlobs(
  blobs: readonly Blob[],
  path: (name: string) => string,
  context: TaskContext,
): readonly Batch[] {
  const target = { memory: context.memory, allocate: context.allocate, checkCancelled: context.checkCancelled }
  const batches: Batch[] = []
  for (const { name, schema } of blobs) {
    const positions = schema.fields.map((_, index) => index)
    const reader = new BatchReader(path(name), schema, positions, target, context)
    try {
      for (let batch = reader.next(); batch !== null; batch = reader.next()) batches.push(batch)
    } finally {
      reader.close()
    }
  }
  return batches
}

/** Neighbours of one schema. */
function groupsOf(batches: readonly Batch[]): readonly (readonly Batch[])[] {
  const groups: Batch[][] = []
  let last = ''
  for (const batch of batches) {
    const schema = JSON.stringify(batch.schema)
    if (groups.length === 0 || schema !== last) groups.push([batch])
    else groups[groups.length - 1].push(batch)
    last = schema
  }
  return groups
}
