/** Partial states merged as workers do it: each divided by the hashes of its keys, and one partition of all put together. */

import {
  type AggregateDescriptor,
  divideGroups,
  mergeParts,
  type StatePart,
} from '../../../engine/operators/aggregate.js'
import type { OperatorContext } from '../../../engine/operators/operator-context.js'
import type { Batch } from '../../../io/batch.js'

export function mergePartition(
  context: OperatorContext,
  descriptor: AggregateDescriptor,
  states: readonly number[],
  partition: number,
  partitions: number,
): Batch[] {
  if (partitions === 1) {
    return mergeParts(
      context,
      descriptor,
      states.map((state) => ({ state, groups: null })),
    )
  }
  // Without keys there is one group, also of no rows: it is that of the first partition.
  if (descriptor.keys.length === 0 && partition !== 0) return []
  const divided = states.map((state) => divideGroups(context, descriptor, state, partitions))
  const parts = divided.map(({ lists, ends }, i): StatePart => {
    const start = partition === 0 ? 0 : ends[partition - 1]
    const groups = { entries: lists + (partitions + start) * 4, count: ends[partition] - start }
    return { state: states[i], groups }
  })
  try {
    return mergeParts(context, descriptor, parts)
  } finally {
    for (const { lists } of divided) context.release(lists)
  }
}
