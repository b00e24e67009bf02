import type { OperatorContext } from '../operator-context.js'
import type { KeyWords } from './keys.js'

/** Below this many rows a table of 2,048 counts costs more than the passes it saves. */
const WIDE_DIGITS = 8192

/**
 * Rows in the order of their words, the first the most significant, then in the order given; as u32 in scratch.
 * `rows` may be overwritten. `natural` tells that they are 0, 1, ..., so that words need not be gathered.
 */
export function radixSort(
  context: OperatorContext,
  words: readonly KeyWords[],
  rows: number,
  count: number,
  natural: boolean,
): number {
  const { wasm, scratch } = context
  const digit = count < WIDE_DIGITS ? 8 : 11
  const counts = scratch(Math.ceil(64 / digit) * 2 ** digit * 4)
  const [own, other] = [scratch(count * 8), scratch(count * 8)]
  let current = rows
  let spare = scratch(Math.max(1, count) * 4)
  for (let i = words.length - 1; i >= 0; i--) {
    const { address, bits } = words[i]
    if (natural && i === words.length - 1) context.memory.u8.copyWithin(own, address, address + count * 8)
    else wasm.take_64(address, current, count, own)
    if (wasm.sort_radix(own, current, count, other, spare, counts, bits, digit) !== 0) {
      const swap = current
      current = spare
      spare = swap
    }
  }
  return current
}
