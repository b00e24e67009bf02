/** Reads what a morsel names of its file, and puts it together as the small Parquet file that the codec takes. */

import { closeSync, fstatSync, openSync } from 'node:fs'
import { VolleyError } from '../../planner/errors.js'
import { readError } from '../file-errors.js'
import { readFully } from '../read-fully.js'
import type { ParquetMorsel } from '../source.js'
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
  readRanges(morsel, file)
  file.set(morsel.footer, 4 + dataBytes)
  new DataView(file.buffer, file.byteOffset).setUint32(total - 8, morsel.footer.length, true)
  file.set(MAGIC, total - 4)
  return file
}

function readRanges(morsel: ParquetMorsel, file: Uint8Array): void {
  const { path } = morsel
  let descriptor: number | null = null
  try {
    descriptor = openSync(path, 'r')
    const { size, mtimeMs } = fstatSync(descriptor)
    let position = 4
    for (const { offset, length } of morsel.ranges) {
      const read = readFully(descriptor, file.subarray(position, position + length), offset)
      if (read < length) {
        throw new VolleyError(
          'VOLLEY_TRUNCATED_FILE',
          `${path} ends at ${offset + read}, row group ${morsel.rowGroup} goes to ${offset + length}`,
          { path, rowGroup: morsel.rowGroup },
        )
      }
      position += length
    }
    if (size !== morsel.fileBytes || mtimeMs !== morsel.modifiedMs) {
      throw new VolleyError('VOLLEY_IO', `${path} was changed while it was read`, { path })
    }
  } catch (error) {
    throw readError(path, error)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}
