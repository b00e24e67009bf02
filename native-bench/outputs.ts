/** Directories for what engines write, named after the process that they belong to: a benchmark that is killed leaves them. */

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const NAME = /^outputs-(\d+)-/

/** A new one below `parent`, for this process. */
export function outputDirectory(parent: string): Promise<string> {
  return mkdtemp(join(parent, `outputs-${process.pid}-`))
}

/** Removes those of processes that have ended. */
export async function removeStaleOutputs(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = NAME.exec(name)
    if (owner !== null && !isRunning(Number(owner[1]))) await rm(join(parent, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's, or none.
    return (error as { code?: unknown }).code === 'EPERM'
  }
}
