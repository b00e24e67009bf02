/** Reads the file that a morsel is of. */

import { closeSync, fstatSync, openSync } from 'node:fs'
import { VolleyError } from '../../planner/errors.js'
import { readError } from '../file-errors.js'
import { readFully } from '../read-fully.js'
import type { ParquetMorsel } from '../source.js'

/** Fills `target` with the bytes from `offset` on. Throws VOLLEY_TRUNCATED_FILE if there are fewer. */
export type ReadAt = (offset: number, target: Uint8Array) => void

/** Opens the file for `work`, which reads of it and does nothing else. Throws VOLLEY_IO if it is not the one that was planned. */
export function readFile(morsel: ParquetMorsel, work: (read: ReadAt) => void): void {
  const { path, rowGroup } = morsel
  let descriptor: number | null = null
  try {
    descriptor = openSync(path, 'r')
    const file = descriptor
    const { size, mtimeMs } = fstatSync(file)
    work((offset, target) => {
      const read = readFully(file, target, offset)
      if (read === target.length) return
      throw new VolleyError(
        'VOLLEY_TRUNCATED_FILE',
        `${path} ends at ${offset + read}, row group ${rowGroup} goes to ${offset + target.length}`,
        { path, rowGroup },
      )
    })
    if (size !== morsel.fileBytes || mtimeMs !== morsel.modifiedMs) {
      throw new VolleyError('VOLLEY_IO', `${path} was changed while it was read`, { path })
    }
  } catch (error) {
    throw readError(path, error)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}
