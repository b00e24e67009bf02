/**
 * Writes a directory of Parquet files, one for each combination of the partition columns' values.
 *
 *   out/year=2024/country=CH/part-0.parquet
 *
 * Everything is written below a temporary directory beside the target, which gets the target's name at the end. Files
 * are open only while bytes are appended, so that their number is not bounded by that of open files.
 */

import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { nearestName, VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { type Schema, schemaOf } from '../../planner/types.js'
import type { Batch, MemoryViews, Vector } from '../batch.js'
import { systemCode, writeError } from '../file-errors.js'
import { inodeOf, type OutputOptions, partGone, syncDirectory } from '../output-file.js'
import type { SinkResult } from '../sink.js'
import { isValid, readValue } from '../values.js'
import type { EncodedRowGroup } from './encode.js'
import { hiveDirectory } from './hive.js'
import { type ByteOutput, ParquetFileWriter, type ParquetState } from './writer.js'

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
    const column = batch.columns[batch.schema.fields.findIndex((field) => field.name === key)]
    const { names, codes } = namedValues(memory, column, key)
    const known = new Map<number, number>()
    const next: string[] = []
    const refined = new Int32Array(batch.length)
    for (let row = 0; row < batch.length; row++) {
      const pair = groups[row] * names.length + codes[row]
      let group = known.get(pair)
      if (group === undefined) {
        const [parent, name] = [directories[groups[row]], names[codes[row]]]
        group = next.push(parent === '' ? name : `${parent}/${name}`) - 1
        known.set(pair, group)
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

/** The directories' names for the values of a column, each once, and for each row the number of its name. */
function namedValues(
  memory: MemoryViews,
  column: Vector,
  key: string,
): { readonly names: readonly string[]; readonly codes: Int32Array } {
  const names: string[] = []
  const numbers = new Map<string, number>()
  const numberOf = (value: ScalarValue): number => {
    const name = hiveDirectory(key, value, column.type)
    const number = numbers.get(name) ?? names.push(name) - 1
    numbers.set(name, number)
    return number
  }
  const codes = new Int32Array(column.length)
  const { dictionary } = column
  if (column.constant) {
    if (column.length > 0) numberOf(readValue(memory, column, 0))
  } else if (dictionary !== null) {
    const ofCode = new Int32Array(dictionary.length).fill(-1)
    for (let row = 0; row < column.length; row++) {
      if (!isValid(memory, column, row)) codes[row] = numberOf(null)
      else {
        const code = memory.i32[column.values / 4 + row]
        if (ofCode[code] < 0) ofCode[code] = numberOf(readValue(memory, dictionary, code))
        codes[row] = ofCode[code]
      }
    }
  } else {
    const ofValue = new Map<ScalarValue, number>()
    for (let row = 0; row < column.length; row++) {
      const value = readValue(memory, column, row)
      let number = ofValue.get(value)
      if (number === undefined) {
        number = numberOf(value)
        ofValue.set(value, number)
      }
      codes[row] = number
    }
  }
  return { names, codes }
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

/** A file of the temporary directory, opened for each append. */
class AppendedFile implements ByteOutput {
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
