/** Puts slices of one vector together again, without copying. */

import type { Batch, Vector } from '../../../io/batch.js'

/** The rows of both, if the second vector begins where the first ends, in the same blocks; else null. */
export function rejoin(first: Vector, second: Vector): Vector | null {
  if (!isContinued(first, second)) return null
  const children: Vector[] = []
  for (const [index, child] of first.children.entries()) {
    const other = second.children[index]
    // Structs are cut with their children; lists keep theirs whole.
    const joined = first.type.kind === 'struct' ? rejoin(child, other) : sameVector(child, other) ? child : null
    if (joined === null) return null
    children.push(joined)
  }
  return { ...first, length: first.length + second.length, children }
}

/** Whether the columns of two batches can be put together so. */
export function isContinuation(first: Batch, second: Batch): boolean {
  return first.columns.every((column, index) => rejoin(column, second.columns[index]) !== null)
}

function isContinued(first: Vector, second: Vector): boolean {
  const { length, constant, dictionary } = first
  // Bitmaps are cut between words.
  if (constant || second.constant || length % 64 !== 0 || !sameBlocks(first, second)) return false
  if (
    dictionary !== second.dictionary &&
    !(dictionary && second.dictionary && sameVector(dictionary, second.dictionary))
  )
    return false
  return (
    first.width === second.width &&
    follows(first.validity, second.validity, length / 8) &&
    follows(first.offsets, second.offsets, length * 4) &&
    follows(first.values, second.values, valueBytes(first))
  )
}

/** Bytes between the values of the first row and those of the row after the last; strings begin at the same place. */
function valueBytes({ type, length, width }: Vector): number {
  return type.kind === 'bool' ? length / 8 : length * width
}

function follows(first: number, second: number, bytes: number): boolean {
  return first === 0 ? second === 0 : second === first + bytes
}

function sameVector(a: Vector, b: Vector): boolean {
  return (
    a.length === b.length &&
    a.validity === b.validity &&
    a.offsets === b.offsets &&
    a.values === b.values &&
    sameBlocks(a, b) &&
    a.children.every((child, index) => sameVector(child, b.children[index]))
  )
}

function sameBlocks(a: Vector, b: Vector): boolean {
  return a.blocks.length === b.blocks.length && a.blocks.every((block, index) => block === b.blocks[index])
}
