/**
 * Aggregates over the different values of a group: a set of (group, value) is kept, and the aggregate itself is computed
 * from it when the groups are known.
 */

import { vector } from '../../../io/batch.js'
import { type DataType, UINT32 } from '../../../planner/types.js'
import { take } from '../../kernels/vectors.js'
import { keyLayout } from '../keys/layout.js'
import type { OperatorContext } from '../operator-context.js'
import type { Accumulator, AuxiliaryState, FurtherRows, Input, Target } from './accumulator.js'
import { Grouping } from './grouping.js'
import { valuesOf } from './input.js'
import { SliceRows } from './slice-rows.js'

/** Values read from the set at a time when the aggregate is computed. */
const CHUNK = 65_536

/** Places in the auxiliary header, in u32 words. */
const SET = 0
const INNER = 1

export function distinctAccumulator(type: DataType, inner: Accumulator): Accumulator {
  const layout = keyLayout([UINT32, type])
  const setOf = ({ context, auxiliary }: { context: OperatorContext; auxiliary: number }) =>
    Grouping.attach(context, layout, context.memory.u32[auxiliary / 4 + SET])
  const innerTarget = (target: Target): Target => ({
    ...target,
    auxiliary: target.context.memory.u32[target.auxiliary / 4 + INNER],
  })
  const auxiliary: AuxiliaryState = {
    create(context) {
      const address = context.allocate(8)
      context.memory.u32[address / 4 + SET] = Grouping.create(context, layout, 0).address
      context.memory.u32[address / 4 + INNER] = inner.auxiliary?.create(context) ?? 0
      return address
    },
    bytes: (context, address) =>
      setOf({ context, auxiliary: address }).bytes +
      (inner.auxiliary?.bytes(context, context.memory.u32[address / 4 + INNER]) ?? 0),
    release(context, address) {
      setOf({ context, auxiliary: address }).release()
      inner.auxiliary?.release(context, context.memory.u32[address / 4 + INNER])
      context.release(address)
    },
  }
  return {
    key: `distinct ${inner.key}`,
    bytes: inner.bytes,
    auxiliary,
    update(target, rows, input) {
      const { groups, values, count } = validRows(target.context, rows, input)
      const numbers = vector(UINT32, count, { values: groups })
      setOf(target).find([numbers, values], count)
    },
    merge(target, source, merge) {
      const set = setOf(target)
      // Made before the scratch of the chunks, which is taken back.
      const mapping = merge.mapping()
      forEachChunk(source.context, setOf(source), (entries, count, from) => {
        const { wasm } = target.context
        const groups = translated(target.context, from, entries, count, mapping)
        const kept = target.context.scratch(count * 4 + 4)
        const keptCount = wasm.group_select_mapped(groups, count, kept)
        const numbers = take(target.context, vector(UINT32, count, { values: groups }), kept, keptCount)
        set.find([numbers, take(target.context, from.key(1, entries, count), kept, keptCount)], keptCount)
      })
    },
    addPartials(target, rows, [value]) {
      this.update(target, rows, valuesOf(value))
    },
    settle(target) {
      const at = innerTarget(target)
      forEachChunk(target.context, setOf(target), (entries, count, set) => {
        const groups = set.key(0, entries, count).values
        const rows = new SliceRows(target.context, count, groups, target.groupCount, 0)
        inner.update(at, rows, { argument: set.key(1, entries, count), valid: 0, included: 0 })
      })
    },
    mergeSettled: (target, source, merge) => inner.merge(innerTarget(target), innerTarget(source), merge),
    finish: (target, aggregate) => inner.finish(innerTarget(target), aggregate),
    partials: (target) => ({ ofGroups: null, further: () => keptValues(target.context, setOf(target)) }),
  }
}

/** The groups and values of the rows that count. */
function validRows(context: OperatorContext, rows: SliceRows, { argument, valid }: Input) {
  const { groups, length } = rows
  if (valid === 0) return { groups, values: { ...argument!, validity: 0 }, count: length }
  const indices = context.scratch((length + 64) * 4)
  const count = context.wasm.selection_rows(valid, 0, length, indices)
  const selected = context.scratch(count * 4)
  context.wasm.take_32(groups, indices, count, selected)
  return { groups: selected, values: take(context, { ...argument!, validity: 0 }, indices, count), count }
}

function translated(context: OperatorContext, set: Grouping, entries: number, count: number, mapping: number): number {
  const groups = context.scratch(count * 4)
  context.wasm.take_32(mapping, set.key(0, entries, count).values, count, groups)
  return groups
}

/** Each value of the set with its group. */
function* keptValues(context: OperatorContext, set: Grouping): Generator<FurtherRows> {
  for (const { entries, count } of chunks(context, set)) {
    yield { groups: set.key(0, entries, count).values, count, columns: [set.key(1, entries, count)] }
  }
}

function forEachChunk(
  context: OperatorContext,
  set: Grouping,
  visit: (entries: number, count: number, set: Grouping) => void,
): void {
  for (const { entries, count } of chunks(context, set)) visit(entries, count, set)
}

/** All entries of a set, a part at a time; the scratch used meanwhile is taken back when the next is asked for. */
function* chunks(context: OperatorContext, set: Grouping): Generator<{ entries: number; count: number }> {
  for (let start = 0; start < set.table.count; start += CHUNK) {
    const mark = context.markScratch()
    const count = Math.min(CHUNK, set.table.count - start)
    const entries = context.scratch(count * 4)
    context.wasm.take_sequence(start, count, entries)
    yield { entries, count }
    context.rewindScratch(mark)
  }
}
