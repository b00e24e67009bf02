/** Keeps two processes from running the same job. A lock whose process has ended, in whatever way, is free. */

import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { systemCode, writeError } from '../../../io/file-errors.js'
import { VolleyError } from '../../../planner/errors.js'

/** Those of this process: a new process may have the number of one that was killed. */
const held = new Set<string>()

export class JobLock {
  private constructor(private readonly path: string) {}

  /** Throws VOLLEY_CHECKPOINT_EXISTS if the job runs. */
  static async take(given: string, job: string): Promise<JobLock> {
    const path = resolve(given)
    if (held.has(path)) throw isRunning(job, process.pid)
    // Before anything is waited for: another run of this process may ask meanwhile.
    held.add(path)
    try {
      await takeFile(path, job)
      return new JobLock(path)
    } catch (error) {
      held.delete(path)
      throw error
    }
  }

  async release(): Promise<void> {
    await rm(this.path, { force: true }).catch(() => undefined)
    held.delete(this.path)
  }
}

async function takeFile(path: string, job: string): Promise<void> {
  const content = JSON.stringify({ process: process.pid, host: hostname() })
  for (;;) {
    try {
      return await linkNew(path, content)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw writeError(path, error)
    }
    const owner = await ownerOf(path)
    if (owner !== null && owner !== process.pid && isAlive(owner)) throw isRunning(job, owner)
    await rm(path, { force: true })
  }
}

/** A file that is there with its content or not at all; fails with EEXIST. */
async function linkNew(path: string, content: string): Promise<void> {
  const beside = `${path}.${process.pid}`
  await writeFile(beside, content)
  try {
    await link(beside, path)
  } finally {
    await rm(beside, { force: true })
  }
}

/** Null if the lock is gone or broken, or of another machine, as that of a container that was replaced is. */
async function ownerOf(path: string): Promise<number | null> {
  try {
    const { process: owner, host } = JSON.parse(await readFile(path, 'utf8')) as { process: number; host: string }
    return host === hostname() ? owner : null
  } catch {
    return null
  }
}

function isAlive(owner: number): boolean {
  try {
    process.kill(owner, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

function isRunning(job: string, owner: number): VolleyError {
  return new VolleyError('VOLLEY_CHECKPOINT_EXISTS', `the job ${job} is being run by process ${owner}`, {
    checkpoint: job,
    actual: `process ${owner}`,
  })
}
