/** Where outputs go. */

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeError } from '../../../io/file-errors.js'

/** Makes the directory of a file that will be written, if there is none. Throws VOLLEY_IO. */
export async function makeParentDirectory(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw writeError(path, cause)
  })
}
