/**
 * Decimals of tables in memory, at as few bytes as their values need.
 *
 * Such a table is read from end to end again and again, at the speed of memory: a quarter of the bytes is a quarter of the
 * time. Packed vectors are decimals of 1, 2 or 4 bytes a value. Only filters at the head of a chain read them as they are;
 * a slice of what is left is widened to 8 bytes before anything else sees it.
 */

import { type Allocate, align64, type Batch, type MemoryViews, type Vector } from './batch.js'
import { type BlockSharing, releaseVector } from './block-sharing.js'

const PACKED_WIDTHS = [1, 2, 4] as const

/** The memory that packed copies are made in. */
interface PackMemory extends Pick<BlockSharing, 'retain' | 'release'> {
  readonly views: MemoryViews
  readonly allocate: Allocate
}

export function isPacked(column: Vector): boolean {
  return column.type.kind === 'decimal' && column.width < 8 && column.dictionary === null
}

/** Takes over the blocks of `batch` and returns it with its decimals packed, where that makes them smaller. */
export function packBatch(batch: Batch, memory: PackMemory): Batch {
  return { ...batch, columns: batch.columns.map((column) => packVector(column, memory)) }
}

function packVector(column: Vector, memory: PackMemory): Vector {
  if (column.type.kind !== 'decimal' || column.width < 8 || column.constant || column.length === 0) return column
  const words = new Int32Array(memory.views.buffer, column.values, (column.length * column.width) / 4)
  const width = packedWidth(words, column.width / 4)
  if (width === null) return column
  const values = memory.allocate(align64(column.length * width))
  const target = packedArray(memory.views.buffer, values, column.length, width)
  const stride = column.width / 4
  for (let row = 0; row < target.length; row++) target[row] = words[row * stride]
  const packed = packedVector(column, values, width, memory)
  releaseVector(memory, column)
  return packed
}

/** The validity stays in the block that it is in; which of the column's blocks that is, addresses tell. */
function packedVector(column: Vector, values: number, width: number, memory: PackMemory): Vector {
  if (column.validity === 0) return { ...column, values, width, blocks: [values] }
  const holder = Math.max(...column.blocks.filter((block) => block <= column.validity))
  memory.retain(holder)
  return { ...column, values, width, blocks: [holder, values] }
}

/** The fewest bytes that hold every value, of null slots too; null if they are no fewer than 8. */
function packedWidth(words: Int32Array, stride: number): 1 | 2 | 4 | null {
  let spread = 0
  for (let at = 0; at < words.length; at += stride) {
    const low = words[at]
    const sign = low >> 31
    for (let high = 1; high < stride; high++) if (words[at + high] !== sign) return null
    // Magnitudes of either sign have their highest bit at the same place as `low ^ sign`.
    spread |= low ^ sign
  }
  const bits = 33 - Math.clz32(spread)
  return PACKED_WIDTHS.find((width) => bits <= width * 8) ?? null
}

function packedArray(
  buffer: SharedArrayBuffer,
  address: number,
  length: number,
  width: 1 | 2 | 4,
): Int8Array | Int16Array | Int32Array {
  if (width === 1) return new Int8Array(buffer, address, length)
  return width === 2 ? new Int16Array(buffer, address, length) : new Int32Array(buffer, address, length)
}
