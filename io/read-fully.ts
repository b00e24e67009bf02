/** Reading of files at places, as far as they go. */

import { readSync } from 'node:fs'

/** Fills `target` from `position` on; returns the bytes read, fewer only at the end of the file. */
export function readFully(descriptor: number, target: Uint8Array, position: number): number {
  let done = 0
  while (done < target.length) {
    const read = readSync(descriptor, target, done, target.length - done, position + done)
    if (read === 0) break
    done += read
  }
  return done
}
