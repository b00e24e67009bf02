/**
 * First rows: leaves out rows before which enough others come in their partition, so that a window over the first rows has
 * little left to sort. What it knows of the partitions outlives slices and tasks, in slots: there are as many as tasks can
 * run at once. It is a hint: where it does not pay, or has no room, all rows pass.
 *
 *   slot: lock, i32 | grouping or 0, u32 | rows in, u32 | rows out, u32 | given up, u32 | - | position of the last task, f64
 */

import type { Batch, Vector } from '../../io/batch.js'
import { isMemoryLimit } from '../../planner/errors.js'
import type { SortKey, TypedExpression } from '../../planner/expression.js'
import type { FirstRows } from '../../planner/logical-plan.js'
import { evaluateAll } from '../kernels/evaluate.js'
import { orderedWords } from '../kernels/vectors/words.js'
import { expand, take } from '../kernels/vectors.js'
import { KEY_OFFSET } from './aggregate/group-table.js'
import { Grouping } from './aggregate/grouping.js'
import { type KeyLayout, keyLayout } from './keys/layout.js'
import type { OperatorContext } from './operator-context.js'

export interface FirstRowsStep extends FirstRows {
  readonly kind: 'firstRows'
  readonly partitionBy: readonly TypedExpression[]
  /** The first of the order; null where rows are in the order in which they come. */
  readonly key: SortKey<TypedExpression> | null
  readonly slots: number
  readonly slotCount: number
}

const SLOT_BYTES = 32
/** Places in a slot, in words: of 4 bytes, the last one of 8. */
const GROUPING = 1
const ROWS_IN = 2
const ROWS_OUT = 3
const GIVEN_UP = 4
const POSITION = 3

/** After so many rows, half of them must have been left out. */
const TRIAL_ROWS = 131_072
/** What is known of partitions takes no more in a slot. */
const MOST_BYTES = 32 << 20

/** The slots of a window, as its coordinator has them. */
export class FirstRowsSlots {
  private constructor(
    private readonly context: OperatorContext,
    readonly slots: number,
    readonly slotCount: number,
  ) {}

  static create(context: OperatorContext, slotCount: number): FirstRowsSlots {
    const slots = context.allocate(slotCount * SLOT_BYTES)
    context.memory.u8.fill(0, slots, slots + slotCount * SLOT_BYTES)
    return new FirstRowsSlots(context, slots, slotCount)
  }

  /** Gives back the slots and what is in them, when no task uses them any more. */
  release({ partitionBy }: Pick<FirstRowsStep, 'partitionBy'>): void {
    const layout = keyLayout(partitionBy.map(({ type }) => type))
    for (let slot = 0; slot < this.slotCount; slot++) {
      const grouping = this.context.memory.u32[(this.slots + slot * SLOT_BYTES) / 4 + GROUPING]
      if (grouping !== 0) Grouping.attach(this.context, layout, grouping).release()
    }
    this.context.release(this.slots)
  }
}

/**
 * Keeps, in their order, the rows that may be among the first of their partition. `position` orders the rows of a task
 * before those of a task with a greater one. Uses scratch.
 */
export function firstRows(context: OperatorContext, step: FirstRowsStep, batch: Batch, position: number): Batch {
  const slot = acquire(context, step)
  if (slot === null) return batch
  try {
    return context.memory.u32[slot / 4 + GIVEN_UP] !== 0 ? batch : keep(context, step, batch, slot, position)
  } finally {
    Atomics.store(context.memory.i32, slot / 4, 0)
  }
}

function acquire({ memory }: OperatorContext, { slots, slotCount }: FirstRowsStep): number | null {
  for (let slot = slots; slot < slots + slotCount * SLOT_BYTES; slot += SLOT_BYTES) {
    if (Atomics.compareExchange(memory.i32, slot / 4, 0, 1) === 0) return slot
  }
  return null
}

function keep(context: OperatorContext, step: FirstRowsStep, batch: Batch, slot: number, position: number): Batch {
  const { wasm, scratch } = context
  const { u32, f64 } = context.memory
  const expressions = step.key === null ? step.partitionBy : [...step.partitionBy, step.key.expression]
  const vectors = evaluateAll(context, expressions, batch).map((vector) => expand(context, vector))
  const layout = keyLayout(step.partitionBy.map(({ type }) => type))
  const grouping = groupingOf(context, step, layout, slot)
  const groups = grouping && found(grouping, vectors.slice(0, step.partitionBy.length), batch.length)
  if (grouping === null || groups === null) {
    giveUp(context, layout, slot)
    return batch
  }
  // Tasks may come to a slot out of order: rows known of are then not all before these.
  const last = slot / 8 + POSITION
  const isBehind = position >= f64[last]
  f64[last] = Math.max(f64[last], position)
  const key = step.key === null ? null : vectors[step.partitionBy.length]
  const rows = scratch(batch.length * 4 + 4)
  const { table } = grouping
  const count = wasm.group_first_rows(
    ...([
      key === null ? 0 : orderedWords(context, key),
      key?.validity ?? 0,
      groups,
      batch.length,
      table.rows + KEY_OFFSET + layout.words * 8,
      table.stride,
      step.count,
      step.key?.descending === true ? 1 : 0,
      step.key?.nullsFirst === true ? 1 : 0,
      step.peers || !isBehind ? 1 : 0,
      rows,
    ] as const),
  )
  const place = slot / 4
  u32[place + ROWS_IN] += batch.length
  u32[place + ROWS_OUT] += count
  const isIdle = u32[place + ROWS_IN] >= TRIAL_ROWS && u32[place + ROWS_OUT] * 2 > u32[place + ROWS_IN]
  if (isIdle || grouping.bytes > MOST_BYTES) giveUp(context, layout, slot)
  if (count === batch.length) return batch
  const columns = batch.columns.map((column) => take(context, column, rows, count))
  return { schema: batch.schema, length: count, columns }
}

/** Null where there is no room. */
function groupingOf(
  context: OperatorContext,
  { count }: FirstRowsStep,
  layout: KeyLayout,
  slot: number,
): Grouping | null {
  const { u32 } = context.memory
  const address = u32[slot / 4 + GROUPING]
  if (address !== 0) return Grouping.attach(context, layout, address)
  try {
    const grouping = Grouping.create(context, layout, (1 + count) * 8)
    u32[slot / 4 + GROUPING] = grouping.address
    return grouping
  } catch (error) {
    if (isMemoryLimit(error)) return null
    throw error
  }
}

function found(grouping: Grouping, keys: readonly Vector[], length: number): number | null {
  try {
    return grouping.find(keys, length)
  } catch (error) {
    if (isMemoryLimit(error)) return null
    throw error
  }
}

function giveUp(context: OperatorContext, layout: KeyLayout, slot: number): void {
  const { u32 } = context.memory
  const address = u32[slot / 4 + GROUPING]
  if (address !== 0) Grouping.attach(context, layout, address).release()
  u32[slot / 4 + GROUPING] = 0
  u32[slot / 4 + GIVEN_UP] = 1
}
