/**
 * A file that is open only while bytes are appended to it, so that an output may have more files than a process may open.
 * It lies under a temporary name; errors speak of `path`, the name that it will have.
 */

import { type FileHandle, open, rm } from 'node:fs/promises'
import { writeError } from '../file-errors.js'
import type { ByteOutput } from './writer.js'

export class AppendedFile implements ByteOutput {
  constructor(
    private readonly temporary: string,
    readonly path: string,
    private written = 0,
  ) {}

  get bytesWritten(): number {
    return this.written
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.use('a', async (handle) => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done)
        done += bytesWritten
      }
    })
    this.written += bytes.length
  }

  async commit(): Promise<void> {
    await this.use('r', (handle) => handle.sync())
  }

  async abort(): Promise<void> {
    await rm(this.temporary, { force: true })
  }

  private async use(flags: string, work: (handle: FileHandle) => Promise<void>): Promise<void> {
    try {
      const handle = await open(this.temporary, flags)
      try {
        await work(handle)
      } finally {
        await handle.close()
      }
    } catch (error) {
      throw writeError(this.path, error)
    }
  }
}
