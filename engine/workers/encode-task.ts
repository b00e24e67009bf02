/** Encodes a row group into the shared memory: buffers that threads hand to each other stay with the process for long. */

import { encodeRowGroup } from '../../io/parquet/encode.js'
import { isMemoryLimit } from '../../planner/errors.js'
import type { ReplyOf, TaskOf } from './messages.js'
import type { TaskContext } from './task-context.js'

export function encodeTask(context: TaskContext, { slices, schema, options }: TaskOf<'encode'>): ReplyOf<'encode'> {
  let block = 0
  const place = (bytes: number): Uint8Array => {
    block = allocated(context, bytes)
    return block === 0 ? new Uint8Array(bytes) : context.memory.u8.subarray(block, block + bytes)
  }
  const { bytes, ...group } = encodeRowGroup(context, slices, schema, options, place)
  // A view of the shared memory cannot be posted.
  return { ...group, pages: block === 0 ? bytes : { block, bytes: bytes.length } }
}

/** 0 if there is no room: the rows that were encoded go before their bytes do. */
function allocated(context: TaskContext, bytes: number): number {
  try {
    return context.allocate(bytes)
  } catch (error) {
    if (isMemoryLimit(error)) return 0
    throw error
  }
}
