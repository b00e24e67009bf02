/**
 * The one place where output files come into being.
 *
 * Bytes go to a temporary file beside the target, `.<name>.<random>.volley-tmp`; `commit` flushes it to the device and
 * gives it its final name, so that a reader sees the whole output or none. Without `overwrite` an existing file is
 * refused when the output is opened and, should one appear meanwhile, again at the commit.
 *
 * An output that a later process may go on with has a temporary name that it can find again: `.<name>.<job>.volley-part`.
 */

import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InternalError, VolleyError } from '../planner/errors.js'
import { systemCode, writeError } from './file-errors.js'

export interface OutputOptions {
  /** Replace an existing file. Default false. */
  readonly overwrite?: boolean
}

/** Where an output stood: plain data. */
export interface OutputState {
  readonly bytes: number
  /** Number of the file, whatever its name. */
  readonly inode: string
}

/** How an output is found again. */
export interface OutputJob {
  /** Unique among the jobs that write to the same place. */
  readonly job: string
  /** Null: what an earlier process left of the job is dropped. */
  readonly state: OutputState | null
}

export class OutputFile {
  private state: 'open' | 'committed' | 'aborted' = 'open'
  private written = 0

  private constructor(
    /** As the caller gave it. */
    readonly path: string,
    private readonly target: string,
    private readonly temporary: string,
    private readonly handle: FileHandle,
    private readonly overwrite: boolean,
    /** True if the process that wrote the output got as far as to give it its name. */
    readonly isComplete = false,
    /** True if a later process may go on with the temporary file, also after a failure. */
    private readonly isOfJob = false,
  ) {}

  static async open(path: string, options: OutputOptions = {}): Promise<OutputFile> {
    const overwrite = options.overwrite ?? false
    try {
      const target = await resolveTarget(path, overwrite)
      const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.volley-tmp`)
      return new OutputFile(path, target, temporary, await open(temporary, 'wx'), overwrite)
    } catch (error) {
      throw writeError(path, error)
    }
  }

  /** Opens an output whose temporary file `suspend` leaves behind. Throws VOLLEY_CHECKPOINT_MISMATCH if that is gone. */
  static async openForJob(path: string, { job, state }: OutputJob, options: OutputOptions = {}): Promise<OutputFile> {
    const overwrite = options.overwrite ?? false
    try {
      const target = (await kindOf(path)) === null ? path : await realpath(path)
      const temporary = join(dirname(target), `.${basename(target)}.${job}.volley-part`)
      if (state === null) {
        await resolveTarget(path, overwrite)
        await rm(temporary, { force: true })
        return new OutputFile(path, target, temporary, await open(temporary, 'wx'), overwrite, false, true)
      }
      const isComplete = (await inodeOf(target)) === state.inode
      const found = isComplete ? target : temporary
      if (!isComplete && (await inodeOf(temporary)) !== state.inode) throw partGone(path)
      const handle = await open(found, 'r+')
      const output = new OutputFile(path, target, temporary, handle, overwrite, isComplete, true)
      const { size } = await handle.stat()
      output.written = isComplete ? size : state.bytes
      if (size < output.written) throw partGone(path)
      if (!isComplete) await handle.truncate(state.bytes)
      return output
    } catch (error) {
      throw writeError(path, error)
    }
  }

  get bytesWritten(): number {
    return this.written
  }

  /** Makes what was written durable, under the temporary name, and tells where it ends. */
  async settle(): Promise<OutputState> {
    this.expectOpen()
    try {
      await this.handle.sync()
      await syncDirectory(dirname(this.temporary))
      const { ino } = await this.handle.stat({ bigint: true })
      return { bytes: this.written, inode: String(ino) }
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  /** Closes the file, which stays under its temporary name. */
  async suspend(): Promise<void> {
    if (this.state !== 'open') return
    this.state = 'aborted'
    await this.handle.close().catch(() => undefined)
  }

  /** The file that gets the final name, for someone else to write; `adopt` then takes its size. */
  get temporaryPath(): string {
    return this.temporary
  }

  /** Takes what was written to `temporaryPath` as the output's bytes. */
  async adopt(): Promise<void> {
    this.expectOpen()
    try {
      this.written = (await stat(this.temporary)).size
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  /** Appends; the bytes may lie in shared memory and must not change until the promise resolves. One at a time. */
  async append(bytes: Uint8Array): Promise<void> {
    this.expectOpen()
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.written)
        done += bytesWritten
        this.written += bytesWritten
      }
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  /** Makes the output appear, complete, under its name. */
  async commit(): Promise<void> {
    this.expectOpen()
    try {
      await this.handle.sync()
      await this.handle.close()
      if (this.isComplete) await rm(this.temporary, { force: true })
      else if (this.overwrite) await rename(this.temporary, this.target)
      else await this.renameUnlessExists()
      this.state = 'committed'
      await syncDirectory(dirname(this.target))
    } catch (error) {
      if (this.isOfJob) await this.suspend()
      else await this.abort()
      throw writeError(this.path, error)
    }
  }

  /** Removes what was written. Does nothing after a commit or another abort. */
  async abort(): Promise<void> {
    if (this.state !== 'open') return
    this.state = 'aborted'
    await this.handle.close().catch(() => undefined)
    await rm(this.temporary, { force: true }).catch(() => undefined)
  }

  /** A hard link, unlike a rename, fails if the name is taken. */
  private async renameUnlessExists(): Promise<void> {
    try {
      await link(this.temporary, this.target)
      await rm(this.temporary)
    } catch (error) {
      const code = systemCode(error)
      if (code === 'EEXIST') throw outputExists(this.path)
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
      // A file system without hard links: reserve the name, then rename over the reservation.
      await this.reserveName()
      await rename(this.temporary, this.target)
    }
  }

  private async reserveName(): Promise<void> {
    try {
      await (await open(this.target, 'wx')).close()
    } catch (error) {
      throw systemCode(error) === 'EEXIST' ? outputExists(this.path) : error
    }
  }

  private expectOpen(): void {
    if (this.state !== 'open') throw new InternalError(`output file ${this.path} is ${this.state}`)
  }
}

function outputExists(path: string): VolleyError {
  return new VolleyError(
    'VOLLEY_OUTPUT_EXISTS',
    `${path} exists already; set overwrite (in a pipeline, mode: replace) to replace it`,
    { path },
  )
}

/** An output that a job can go on with no longer. */
export function partGone(path: string): VolleyError {
  return new VolleyError(
    'VOLLEY_CHECKPOINT_MISMATCH',
    `what was written of ${path} before is gone or was changed; start anew with another checkpoint ID`,
    { path },
  )
}

/** The number of a file or directory; null if there is none. */
export async function inodeOf(path: string): Promise<string | null> {
  try {
    return String((await stat(path, { bigint: true })).ino)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

/** The file to replace or create: a symbolic link stays, and the file it names is replaced. */
async function resolveTarget(path: string, overwrite: boolean): Promise<string> {
  const kind = await kindOf(path)
  if (kind === null) return path
  if (kind === 'directory') throw new VolleyError('VOLLEY_IO', `cannot write ${path}: it is a directory`, { path })
  if (kind === 'special') {
    throw new VolleyError('VOLLEY_UNSUPPORTED', `cannot write ${path}: it is not a regular file`, { path })
  }
  if (!overwrite) throw outputExists(path)
  return await realpath(path)
}

async function kindOf(path: string): Promise<'file' | 'directory' | 'special' | null> {
  try {
    const found = await stat(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'special'
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw writeError(path, error)
  }
}

/** Makes a rename durable. Some platforms cannot open directories; the rename then stands as it is. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null)
  if (handle === null) return
  await handle.sync().catch(() => undefined)
  await handle.close()
}
