/** A directory for the spill files of a run, made when the first is. */

import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeError } from '../file-errors.js'
import {
  createTempDirectory,
  removeTempDirectory,
  removeTempDirectorySync,
  sweepTempDirectories,
} from '../temp-directory.js'

export class SpillDirectory {
  private directory: Promise<string> | null = null
  private files = 0

  constructor(private readonly parent: string) {}

  /** Makes an empty file and returns its path. Throws VOLLEY_IO, VOLLEY_DISK_FULL. */
  async createFile(): Promise<string> {
    this.directory ??= this.create()
    const path = join(await this.directory, `run-${++this.files}`)
    try {
      closeSync(openSync(path, 'wx', 0o600))
    } catch (error) {
      throw writeError(path, error)
    }
    return path
  }

  /** Removes a file before the directory goes. */
  async removeFile(path: string): Promise<void> {
    await rm(path, { force: true })
  }

  /** Removes the directory, if it was made, with all that is in it. The next file makes another. */
  async remove(): Promise<void> {
    const made = this.directory
    this.directory = null
    const directory = await made?.catch(() => null)
    if (directory === null || directory === undefined) return
    await removeTempDirectory(directory)
    directories.delete(directory)
  }

  /** What killed processes left is removed, too. */
  private async create(): Promise<string> {
    await sweepTempDirectories(this.parent)
    const directory = await createTempDirectory(this.parent)
    directories.add(directory)
    return directory
  }
}

const directories = new Set<string>()

process.on('exit', () => {
  for (const directory of directories) removeTempDirectorySync(directory)
})
