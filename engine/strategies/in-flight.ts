/** How many tasks over a scan may be in flight: as many as keep all threads busy, if their rows fit the memory. */

import type { DataType, Schema } from '../../planner/types.js'
import { isNested, valueWidth } from '../../planner/types.js'
import { type FeedSource, sourceSchema } from './pipeline.js'

/** Taken for a string and its offset. Dictionaries make it less, comments more. */
const STRING_BYTES = 24
const NESTED_BYTES = 64
/** The rest is for results on their way to the consumer. */
const SHARE_OF_MEMORY = 0.5

/** At least one, at most `most`. `taskRows` is the least number of rows of a task. */
export function tasksThatFit(source: FeedSource, taskRows: number, memoryBytes: number, most: number): number {
  if (source.kind !== 'scan') return most
  const {
    rows,
    rowGroups,
    largestMorselBytes = 0,
  } = source.source.estimate({ columns: source.columns, predicate: source.predicate })
  if (rows === null || rowGroups === null) return most
  const estimated = Math.max(taskRows, rows / Math.max(1, rowGroups.read)) * rowBytes(sourceSchema(source))
  const taskBytes = Math.max(1, estimated, largestMorselBytes)
  return Math.max(1, Math.min(most, Math.floor((memoryBytes * SHARE_OF_MEMORY) / taskBytes)))
}

/** Bytes that a row takes in memory, on average. */
export function rowBytes(schema: Schema): number {
  return schema.fields.reduce((sum, field) => sum + bytesOf(field.type), 0)
}

function bytesOf(type: DataType): number {
  if (type.kind === 'utf8' || type.kind === 'binary') return STRING_BYTES
  return isNested(type) ? NESTED_BYTES : valueWidth(type) || 1
}
