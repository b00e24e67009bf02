/**
 * Sums of more than 38 digits, which 128 bits hold and a decimal does not. As partial results they are two rows each, of
 * which each is a decimal; the sum of decimals that DuckDB makes of them has 128 bits again.
 */

import type { Vector } from '../../../io/batch.js'
import { readInt128, readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { UINT32 } from '../../../planner/types.js'
import type { OperatorContext } from '../operator-context.js'
import type { Finish, FurtherRows, Target } from './accumulator.js'

const LARGEST = 10n ** 38n - 1n

/** The top 32 bits of 10^38: what exceeds 38 digits has at least these, or less than their complement. */
const TOP_BITS = Number((10n ** 38n) >> 96n)

/** Groups read at a time, each of which may take two rows. */
const CHUNK = 32_768

/** The sums, in scratch, with nulls for those that are no decimals. */
export function withoutExcess(context: OperatorContext, sums: Vector): Vector {
  const { u8 } = context.memory
  for (const row of excessRows(context, sums)) u8[sums.validity + (row >>> 3)] &= ~(1 << (row & 7))
  return sums
}

/** The rows of the sums that are no decimals. */
export function* excessSums({ context, groupCount }: Target, read: Finish): Generator<FurtherRows> {
  for (let start = 0; start < groupCount; start += CHUNK) {
    const mark = context.markScratch()
    const length = Math.min(CHUNK, groupCount - start)
    const entries = context.scratch(length * 4)
    context.wasm.take_sequence(start, length, entries)
    const sums = read(entries, length)
    const rows = excessRows(context, sums)
    if (rows.length > 0) yield splitSums(context, sums, rows, start)
    context.rewindScratch(mark)
  }
}

function splitSums(context: OperatorContext, sums: Vector, rows: readonly number[], start: number): FurtherRows {
  const { memory, scratch } = context
  const values: ScalarValue[] = []
  for (const row of rows) {
    const sum = readValue(memory, sums, row) as bigint
    const first = sum < 0n ? -LARGEST : LARGEST
    values.push(first, sum - first)
  }
  const groups = rows.flatMap((row) => [start + row, start + row])
  return {
    groups: vectorFromValues(UINT32, groups, memory, scratch).values,
    count: groups.length,
    columns: [{ ...vectorFromValues(sums.type, values, memory, scratch), blocks: [] }],
  }
}

function excessRows({ memory }: OperatorContext, { values, width, length }: Vector): number[] {
  const rows: number[] = []
  if (width !== 16) return rows
  for (let row = 0; row < length; row++) {
    const top = memory.i32[values / 4 + row * 4 + 3]
    if (top < TOP_BITS && top > ~TOP_BITS) continue
    const sum = readInt128(memory, values + row * 16)
    if (sum > LARGEST || sum < -LARGEST) rows.push(row)
  }
  return rows
}
