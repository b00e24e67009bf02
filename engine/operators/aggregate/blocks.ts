/** Arrays of a state in shared memory that grow: a larger block replaces the old one. */

import type { OperatorContext } from '../operator-context.js'

/** A block of `bytes` that starts with the first `used` of `old` (0 if there was none), which is released. */
export function grownBlock(context: OperatorContext, old: number, used: number, bytes: number): number {
  const block = context.allocate(bytes)
  if (old !== 0) {
    context.memory.u8.copyWithin(block, old, old + used)
    context.release(old)
  }
  return block
}

/** A table of `slots` slots with the entries of `old`, which had `mask` + 1 and is released. See `assembly/hash.ts`. */
export function grownSlots(context: OperatorContext, old: number, mask: number, slots: number): number {
  const block = context.allocate(slots * 8)
  context.memory.u8.fill(0, block, block + slots * 8)
  if (old !== 0) {
    context.wasm.hash_move_slots(old, mask, block, slots - 1)
    context.release(old)
  }
  return block
}

/** Releases the header at `address` and the blocks whose addresses are at `places` in it. */
export function releaseBlocks(context: OperatorContext, address: number, places: readonly number[]): void {
  for (const place of places) {
    const block = context.memory.u32[address / 4 + place]
    if (block !== 0) context.release(block)
  }
  context.release(address)
}
