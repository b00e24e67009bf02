/**
 * Directories for what is spilled: one for each DuckDB and for each run that spills, with a name that tells whose it
 * is, so that what a killed process left behind can be removed by the next.
 *
 *   volley-<process>-<when that process started>-<machine>-<random>
 *
 * The start tells a process from a later one of the same number; the machine, those of different containers that share a
 * directory.
 */

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { writeError } from './file-errors.js'

const NAME = /^volley-(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]{12}$/
/** Where a process does not say when it started. */
const UNKNOWN_START = '0'

/** Makes a fresh directory below `parent`, which is made too if it does not exist. Throws VOLLEY_IO, VOLLEY_DISK_FULL. */
export async function createTempDirectory(parent: string): Promise<string> {
  const start = startOf(process.pid) ?? UNKNOWN_START
  const name = `volley-${process.pid}-${start}-${machine()}-${randomBytes(6).toString('hex')}`
  const directory = join(parent, name)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeError(directory, error)
  }
  return directory
}

/** Removes what processes that are gone left below `parent`. What cannot be removed stays. */
export async function sweepTempDirectories(parent: string): Promise<void> {
  const names = await readdir(parent).catch((): string[] => [])
  const stale = names.filter(isStale).map((name) => removeTempDirectory(join(parent, name)))
  await Promise.allSettled(stale)
}

export async function removeTempDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

export function removeTempDirectorySync(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

function isStale(name: string): boolean {
  const match = NAME.exec(name)
  if (match === null || match[3] !== machine()) return false
  const pid = Number(match[1])
  if (!isAlive(pid)) return true
  const start = startOf(pid)
  return start !== null && match[2] !== UNKNOWN_START && start !== match[2]
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, in ticks since the machine did; null where the system does not say (proc(5), field 22). */
function startOf(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the name, in parentheses, and may contain any character.
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}
