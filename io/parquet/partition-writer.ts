/**
 * Writes a directory of Parquet files, one for each combination of the partition columns' values.
 *
 *   out/year=2024/country=CH/part-0.parquet
 *
 * Everything is written below a temporary directory beside the target, which gets the target's name at the end.
 */

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { VolleyError } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import { systemCode, writeError } from '../file-errors.js'
import { inodeOf, type OutputOptions, partGone, syncDirectory } from '../output-file.js'
import type { SinkResult } from '../sink.js'
import { AppendedFile } from './appended-file.js'
import type { EncodedRowGroup } from './encode.js'
import { ParquetFileWriter, type ParquetState } from './writer.js'

/** The files of a directory so far: plain data. */
export interface PartitionState {
  /** Number of the directory that they lie in, whatever its name. */
  readonly inode: string
  readonly files: Readonly<Record<string, ParquetState & { readonly bytes: number }>>
}

/** How a directory is found again. `state` is null for one that is begun: what an earlier process left is dropped. */
export interface PartitionJob {
  readonly job: string
  readonly state: PartitionState | null
}

const FILE = 'part-0.parquet'

export class PartitionWriter {
  private readonly writers = new Map<string, ParquetFileWriter>()
  private readonly unsettled = new Set<string>()
  private isDone = false

  private constructor(
    readonly path: string,
    private readonly temporary: string,
    /** Where what is replaced lies until the new directory has its name. */
    private readonly replaced: string,
    /** Of the files. */
    private readonly schema: Schema,
    private readonly overwrite: boolean,
    /** True if the process that wrote the files got as far as to give the directory its name. */
    readonly isComplete = false,
  ) {}

  /** Throws VOLLEY_OUTPUT_EXISTS if `path` is there, unless it is empty or is to be replaced. */
  static async open(path: string, schema: Schema, options: OutputOptions = {}): Promise<PartitionWriter> {
    const overwrite = options.overwrite ?? false
    const target = path.replace(/[\\/]+$/, '') || path
    await expectReplaceable(target, overwrite)
    const temporary = besides(target, 'volley-tmp')
    try {
      await mkdir(temporary)
    } catch (error) {
      throw writeError(path, error)
    }
    return new PartitionWriter(target, temporary, besides(target, 'volley-old'), schema, overwrite)
  }

  /** Opens a directory that a later process may go on with. Throws VOLLEY_CHECKPOINT_MISMATCH if what it held is gone. */
  static async openForJob(
    path: string,
    schema: Schema,
    { job, state }: PartitionJob,
    options: OutputOptions = {},
  ): Promise<PartitionWriter> {
    const overwrite = options.overwrite ?? false
    const target = path.replace(/[\\/]+$/, '') || path
    const temporary = named(target, job, 'volley-part')
    const replaced = named(target, job, 'volley-old')
    try {
      if (state === null) {
        await expectReplaceable(target, overwrite)
        await rm(temporary, { recursive: true, force: true })
        await mkdir(temporary)
        return new PartitionWriter(target, temporary, replaced, schema, overwrite)
      }
      const isComplete = (await inodeOf(target)) === state.inode
      if (!isComplete && (await inodeOf(temporary)) !== state.inode) throw partGone(path)
      const writer = new PartitionWriter(target, temporary, replaced, schema, overwrite, isComplete)
      if (!isComplete) await writer.restore(state)
      return writer
    } catch (error) {
      throw writeError(path, error)
    }
  }

  /** Makes all files durable, though under another name, and tells what they hold. */
  async settle(): Promise<PartitionState> {
    try {
      const directories = new Set([this.temporary, dirname(this.temporary)])
      for (const directory of this.unsettled) {
        await syncFile(join(this.temporary, directory, FILE))
        for (let part = directory; part !== '.'; part = dirname(part)) directories.add(join(this.temporary, part))
      }
      for (const directory of directories) await syncDirectory(directory)
      this.unsettled.clear()
      const inode = (await inodeOf(this.temporary)) ?? ''
      const files = [...this.writers].map(
        ([directory, writer]) => [directory, { ...writer.state(), bytes: writer.bytesWritten }] as const,
      )
      return { inode, files: Object.fromEntries(files) }
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  /** Leaves the files where they are. */
  suspend(): void {
    this.isDone = true
  }

  private async restore({ files }: PartitionState): Promise<void> {
    const left = await readdir(this.temporary, { recursive: true, withFileTypes: true })
    for (const entry of left) {
      const file = join(entry.parentPath, entry.name)
      if (entry.isFile() && files[toDirectory(relative(this.temporary, entry.parentPath))] === undefined) await rm(file)
    }
    for (const [directory, { bytes, ...state }] of Object.entries(files)) {
      const file = join(this.temporary, ...directory.split('/'), FILE)
      const { size } = await stat(file)
      if (size < bytes) throw partGone(this.path)
      await truncate(file, bytes)
      const output = new AppendedFile(file, join(this.path, directory, FILE), bytes)
      this.writers.set(directory, ParquetFileWriter.resume(output, this.schema, state))
    }
  }

  /** Appends a row group to the file of a directory of `partitionRows`. One call at a time. */
  async append(directory: string, group: EncodedRowGroup): Promise<void> {
    let writer = this.writers.get(directory)
    if (writer === undefined) {
      const inner = join(this.temporary, ...directory.split('/'))
      try {
        await mkdir(inner, { recursive: true })
      } catch (error) {
        throw writeError(join(this.path, directory), error)
      }
      const output = new AppendedFile(join(inner, FILE), join(this.path, directory, FILE))
      writer = await ParquetFileWriter.over(output, this.schema)
      this.writers.set(directory, writer)
    }
    this.unsettled.add(directory)
    await writer.append(group)
  }

  /** Completes the files and gives the directory its name; without rows it is empty. */
  async finish(): Promise<SinkResult> {
    let rows = 0
    let bytesWritten = 0
    const files: string[] = []
    for (const writer of this.writers.values()) {
      const result = await writer.finish()
      rows += result.rows
      bytesWritten += result.bytesWritten
      files.push(...result.files)
    }
    try {
      await this.giveName()
    } catch (error) {
      throw writeError(this.path, error)
    }
    this.isDone = true
    return { rows, bytesWritten, files: files.sort() }
  }

  async abort(): Promise<void> {
    if (this.isDone) return
    this.isDone = true
    await rm(this.temporary, { recursive: true, force: true }).catch(() => undefined)
  }

  private async giveName(): Promise<void> {
    if (!this.overwrite) {
      await renameOrExists(this.temporary, this.path)
      return
    }
    await expectReplaceable(this.path, true)
    await rename(this.path, this.replaced).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw error
    })
    await renameOrExists(this.temporary, this.path)
    await this.removeReplaced()
  }

  /** Removes what had the name before, if a process that was ended in between has left it. */
  async removeReplaced(): Promise<void> {
    await rm(this.replaced, { recursive: true, force: true })
  }
}

/** A directory takes the name of another only if that is empty. */
async function renameOrExists(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    const code = systemCode(error)
    throw code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' ? outputExists(to) : error
  }
}

function named(target: string, job: string, ending: string): string {
  return join(dirname(target), `.${basename(target)}.${job}.${ending}`)
}

function toDirectory(path: string): string {
  return path.split(sep).join('/')
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function besides(target: string, ending: string): string {
  return join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.${ending}`)
}

/** To replace a directory is to delete it: only one that holds nothing but partitioned output is. */
async function expectReplaceable(path: string, overwrite: boolean): Promise<void> {
  let names: string[]
  try {
    const found = await stat(path)
    if (!found.isDirectory()) {
      if (overwrite) return
      throw outputExists(path)
    }
    names = await readdir(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw writeError(path, error)
  }
  if (names.length === 0) return
  if (!overwrite) throw outputExists(path)
  const foreign = names.find((name) => !name.includes('=') && !name.endsWith('.parquet') && !/^[._]/.test(name))
  if (foreign === undefined) return
  throw new VolleyError('VOLLEY_OUTPUT_EXISTS', `${path} holds ${foreign}, so it is not replaced as a whole`, { path })
}

function outputExists(path: string): VolleyError {
  return new VolleyError(
    'VOLLEY_OUTPUT_EXISTS',
    `${path} exists already; set overwrite (in a pipeline, mode: replace) to replace it`,
    { path },
  )
}
