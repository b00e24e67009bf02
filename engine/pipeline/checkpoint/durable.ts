/** Files that are there whole or not at all, also after the machine has stopped in between. */

import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeError } from '../../../io/file-errors.js'
import { syncDirectory } from '../../../io/output-file.js'

/** Replaces a file. When it resolves, the new content will be found whatever happens. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const beside = `${path}.new`
  try {
    const handle = await open(beside, 'w')
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw writeError(path, error)
  }
}

/** Makes a directory and what leads to it, and the names of new ones durable. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true })
    if (first !== undefined) await syncDirectory(dirname(first))
  } catch (error) {
    throw writeError(path, error)
  }
}
