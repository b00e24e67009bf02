/**
 * Writes a directory of Parquet files, one for each combination of the partition columns' values.
 *
 *   out/year=2024/country=CH/part-0.parquet
 *
 * Everything is written below a temporary directory beside the target, which gets the target's name at the end. Files
 * are open only while bytes are appended, so that their number is not bounded by that of open files.
 */

import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { nearestName, VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { type Schema, schemaOf } from '../../planner/types.js'
import type { Batch, MemoryViews } from '../batch.js'
import { systemCode, writeError } from '../file-errors.js'
import type { OutputOptions } from '../output-file.js'
import type { SinkResult } from '../sink.js'
import { readValue } from '../values.js'
import type { EncodedRowGroup } from './encode.js'
import { hiveDirectory } from './hive.js'
import { type ByteOutput, ParquetFileWriter } from './writer.js'

/** Rows of a batch that belong into one directory. */
export interface PartitionRows {
  /** Relative, with `/`: `year=2024/country=CH`. */
  readonly directory: string
  /** In order. */
  readonly rows: Int32Array
}

/** Which rows of a batch belong where, in order of first appearance. Throws VOLLEY_UNSUPPORTED for nested keys. */
export function partitionRows(memory: MemoryViews, batch: Batch, keys: readonly string[]): PartitionRows[] {
  let groups = new Int32Array(batch.length)
  let directories = ['']
  for (const key of keys) {
    const index = batch.schema.fields.findIndex((field) => field.name === key)
    const { type } = batch.schema.fields[index]
    const known = new Map<string, number>()
    const next: string[] = []
    const refined = new Int32Array(batch.length)
    const names = new Map<ScalarValue, string>()
    for (let row = 0; row < batch.length; row++) {
      const value = readValue(memory, batch.columns[index], row)
      let name = names.get(value)
      if (name === undefined) {
        name = hiveDirectory(key, value, type)
        names.set(value, name)
      }
      const parent = directories[groups[row]]
      const directory = parent === '' ? name : `${parent}/${name}`
      let group = known.get(directory)
      if (group === undefined) {
        group = next.length
        known.set(directory, group)
        next.push(directory)
      }
      refined[row] = group
    }
    groups = refined
    directories = next
  }
  const counts = new Int32Array(directories.length)
  for (const group of groups) counts[group]++
  const rows = directories.map((_, group) => new Int32Array(counts[group]))
  counts.fill(0)
  for (let row = 0; row < groups.length; row++) rows[groups[row]][counts[groups[row]]++] = row
  return directories.map((directory, group) => ({ directory, rows: rows[group] }))
}

/** The schema of the files: without the columns that their directories carry. Throws if a key is none of its columns. */
export function partitionedSchema(schema: Schema, keys: readonly string[]): Schema {
  const names = schema.fields.map((field) => field.name)
  for (const key of keys) {
    if (names.includes(key)) continue
    const near = nearestName(key, names)
    const message = `cannot partition by ${key}: there is no such column${near === null ? '' : `; did you mean ${near}?`}`
    throw new VolleyError('VOLLEY_UNKNOWN_COLUMN', message, { column: key })
  }
  const fields = schema.fields.filter((field) => !keys.includes(field.name))
  if (fields.length > 0) return schemaOf(fields)
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'partitioning by all columns leaves none to write')
}

export class PartitionWriter {
  private readonly writers = new Map<string, ParquetFileWriter>()
  private isDone = false

  private constructor(
    readonly path: string,
    private readonly temporary: string,
    /** Of the files. */
    private readonly schema: Schema,
    private readonly overwrite: boolean,
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
    return new PartitionWriter(target, temporary, schema, overwrite)
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
      const name = 'part-0.parquet'
      const output = new AppendedFile(join(inner, name), join(this.path, directory, name))
      writer = await ParquetFileWriter.over(output, this.schema)
      this.writers.set(directory, writer)
    }
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
    const old = besides(this.path, 'volley-old')
    const moved = await rename(this.path, old).then(
      () => true,
      (error) => {
        if (systemCode(error) === 'ENOENT') return false
        throw error
      },
    )
    await renameOrExists(this.temporary, this.path)
    if (moved) await rm(old, { recursive: true, force: true })
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
  return new VolleyError('VOLLEY_OUTPUT_EXISTS', `${path} exists already; set overwrite to replace it`, { path })
}

/** A file of the temporary directory, opened for each append. */
class AppendedFile implements ByteOutput {
  private written = 0

  constructor(
    private readonly temporary: string,
    readonly path: string,
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
