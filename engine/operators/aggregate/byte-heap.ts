/** The heap behind accumulators that keep strings. See `assembly/aggregate-bytes.ts`. */

import { type Vector, vector } from '../../../io/batch.js'
import { BINARY, type DataType, isNested } from '../../../planner/types.js'
import { decodeRows, encodeRows } from '../../kernels/vectors/row-bytes.js'
import { checkedTotal } from '../../kernels/vectors/take.js'
import type { OperatorContext } from '../operator-context.js'
import type { AuxiliaryState, Target } from './accumulator.js'
import { releaseBlocks } from './blocks.js'

/** Places in the header, in u32 words. */
const BYTES = 0
const USED = 1
const CAPACITY = 2
const HEADER_BYTES = 64

const FIRST_BYTES = 1024

export const byteHeap: AuxiliaryState = {
  create(context) {
    const address = context.allocate(HEADER_BYTES)
    const { u32 } = context.memory
    u32[address / 4 + BYTES] = context.allocate(FIRST_BYTES)
    u32[address / 4 + USED] = 0
    u32[address / 4 + CAPACITY] = FIRST_BYTES
    return address
  },
  bytes: (context, address) => HEADER_BYTES + context.memory.u32[address / 4 + CAPACITY],
  release: (context, address) => releaseBlocks(context, address, [BYTES]),
}

/** Strings as offsets, values and, for dictionaries, codes (else 0). */
export interface ByteRows {
  readonly offsets: number
  readonly values: number
  readonly codes: number
}

/** The rows of a string vector, or of a nested one as bytes that order the same. */
export function byteRowsOf(context: OperatorContext, source: Vector): ByteRows {
  const strings = isNested(source.type) ? encodeRows(context, source) : source
  const { dictionary } = strings
  if (dictionary === null) return { offsets: strings.offsets, values: strings.values, codes: 0 }
  return { offsets: dictionary.offsets, values: dictionary.values, codes: strings.values }
}

/**
 * Runs a kernel that stops at a row when the heap is full until it has done `count` rows. References lie `reference`
 * bytes into the accumulators.
 */
export function fillHeap(target: Target, reference: number, count: number, run: (row: number) => number): void {
  for (let row = run(0); row < count; row = run(row)) growHeap(target, reference)
}

function growHeap({ context, base, stride, groupCount, auxiliary }: Target, reference: number): void {
  const { wasm, memory } = context
  const header = auxiliary / 4
  const live = wasm.aggregate_live_bytes(base + reference, stride, groupCount)
  const old = memory.u32[header + BYTES]
  // Doubling even where much is waste: a string that did not fit must at last.
  const capacity = Math.max(live * 2, memory.u32[header + CAPACITY] > live * 4 ? 0 : memory.u32[header + CAPACITY] * 2)
  const size = Math.max(FIRST_BYTES, capacity)
  const fresh = context.allocate(size)
  memory.u32[header + USED] = wasm.aggregate_move_bytes(base + reference, stride, groupCount, auxiliary, fresh)
  memory.u32[header + BYTES] = fresh
  memory.u32[header + CAPACITY] = size
  context.release(old)
}

/** The strings, or nested values, that groups refer to, in scratch. */
export function readBytes(
  { context, base, stride, auxiliary }: Target,
  reference: number,
  type: DataType,
  validity: number,
  entries: number,
  count: number,
): Vector {
  const { wasm } = context
  const stored = isNested(type) ? BINARY : type
  const offsets = context.scratch((count + 1) * 4)
  const total = wasm.aggregate_read_offsets(base + reference, stride, entries, count, offsets)
  const values = context.scratch(checkedTotal(total, vector(type, count)) + 8)
  wasm.aggregate_read_bytes(base + reference, stride, entries, count, auxiliary, values)
  const strings = vector(stored, count, { validity, offsets, values })
  return isNested(type) ? decodeRows(context, type, strings) : strings
}
