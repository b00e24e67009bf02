/** Folders of generated files that later calls find again. */

import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * The folder in `directory` whose name is `name` and a hash of `recipe`, the text that decides on its contents: what an
 * older generator made is never taken for what a newer one would make. `make` fills it unless it is there, under another
 * name until it is complete; other processes may do the same at the same time.
 */
export async function keptFolder(
  directory: string,
  name: string,
  recipe: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(directory, `${name}-${createHash('sha256').update(recipe).digest('hex').slice(0, 8)}`)
  if (await exists(folder)) return folder
  await removeAbandonedDrafts(folder)
  const draft = `${folder}.${process.pid}.tmp`
  try {
    await mkdir(draft, { recursive: true })
    await make(draft)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process was first: a rename replaces no folder with files.
    if (!(await exists(folder))) throw error
  }
  return folder
}

/** Drafts of processes that were killed. */
async function removeAbandonedDrafts(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.`
  const names = await readdir(dirname(folder)).catch(() => [])
  for (const name of names) {
    const maker = name.startsWith(prefix) && /^(\d+)\.tmp$/.exec(name.slice(prefix.length))
    if (maker && !isRunning(Number(maker[1]))) {
      await rm(join(dirname(folder), name), { recursive: true, force: true })
    }
  }
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
