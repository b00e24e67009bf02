/** Reads what a morsel names of its file, and puts it together as the small Parquet file that the codec takes. */

import type { ParquetMorsel } from '../source.js'
import { readFile } from './morsel-file.js'
import { stagingBytes } from './staging.js'

/** Kept between morsels, one a thread: fresh pages cost more than the copy into them. */
let staging = new Uint8Array(0)
const MAXIMUM_IDLE_STAGING = 64 * 2 ** 20
const MAGIC = Uint8Array.of(0x50, 0x41, 0x52, 0x31)

/** Reads the ranges and puts the footer behind them. Valid until the next call. */
export function readMiniFile(morsel: ParquetMorsel): Uint8Array {
  const dataBytes = morsel.ranges.reduce((sum, range) => sum + range.length, 0)
  const total = 4 + dataBytes + morsel.footer.length + 8
  if (staging.length < total || staging.length > MAXIMUM_IDLE_STAGING) staging = new Uint8Array(stagingBytes(total))
  const file = staging.subarray(0, total)
  file.set(MAGIC)
  readFile(morsel, (read) => {
    let position = MAGIC.length
    for (const { offset, length } of morsel.ranges) {
      read(offset, file.subarray(position, position + length))
      position += length
    }
  })
  file.set(morsel.footer, 4 + dataBytes)
  new DataView(file.buffer, file.byteOffset).setUint32(total - 8, morsel.footer.length, true)
  file.set(MAGIC, total - 4)
  return file
}
