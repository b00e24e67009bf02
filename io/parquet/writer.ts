/** Puts row groups that workers encoded together into one Parquet file. */

import { createRequire } from 'node:module'
import type { Schema } from '../../planner/types.js'
import { OutputFile, type OutputOptions } from '../output-file.js'
import type { SinkResult } from '../sink.js'
import { type EncodedRowGroup, FIRST_PAGE } from './encode.js'
import { ARROW_SCHEMA_KEY, FileField, keyValueField, parseRowGroup, RowGroupField, thriftField } from './metadata.js'
import { relocateRowGroup } from './relocate.js'
import { arrowSchemaToKeep, leafPaths, schemaElements } from './schema-elements.js'
import { readThriftStruct, type ThriftStruct, writeThriftStruct } from './thrift.js'

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string }
const CREATED_BY = `volley version ${version}`
const MAGIC = Uint8Array.of(0x50, 0x41, 0x52, 0x31)

/** Where the bytes go; they get their name at the commit. */
export interface ByteOutput {
  readonly path: string
  readonly bytesWritten: number
  append(bytes: Uint8Array): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface ParquetWriterOptions extends OutputOptions {
  /** Kept in the footer as key-value metadata. */
  readonly keyValues?: Readonly<Record<string, string>>
}

/** The row groups of a file so far: plain data. */
export interface ParquetState {
  readonly rows: number
  /** Their metadata as the footer has it, in base64. */
  readonly rowGroups: readonly string[]
}

export class ParquetFileWriter {
  /** Their metadata as Thrift: as trees they would take much more. */
  private readonly rowGroups: Uint8Array[] = []
  private rows = 0

  private constructor(
    private readonly output: ByteOutput,
    private readonly schema: Schema,
    private readonly keyValues: Readonly<Record<string, string>>,
  ) {}

  /** Starts a file, under a temporary name. Throws VOLLEY_OUTPUT_EXISTS, VOLLEY_DISK_FULL or VOLLEY_IO. */
  static async open(path: string, schema: Schema, options: ParquetWriterOptions = {}): Promise<ParquetFileWriter> {
    return ParquetFileWriter.over(await OutputFile.open(path, options), schema, options.keyValues)
  }

  static async over(
    output: ByteOutput,
    schema: Schema,
    keyValues: Readonly<Record<string, string>> = {},
  ): Promise<ParquetFileWriter> {
    try {
      await output.append(MAGIC)
    } catch (error) {
      await output.abort()
      throw error
    }
    return new ParquetFileWriter(output, schema, keyValues)
  }

  /** Goes on with a file that holds the row groups of `state`, and ends where `output` does. */
  static resume(
    output: ByteOutput,
    schema: Schema,
    state: ParquetState,
    keyValues: Readonly<Record<string, string>> = {},
  ): ParquetFileWriter {
    const writer = new ParquetFileWriter(output, schema, keyValues)
    for (const text of state.rowGroups) writer.rowGroups.push(Buffer.from(text, 'base64'))
    writer.rows = state.rows
    return writer
  }

  /** Enough to go on with the file in another process. */
  state(): ParquetState {
    return { rows: this.rows, rowGroups: this.rowGroups.map((group) => Buffer.from(group).toString('base64')) }
  }

  get bytesWritten(): number {
    return this.output.bytesWritten
  }

  /** Appends a row group of the file's schema. One call at a time, in the order of the rows. */
  async append(group: EncodedRowGroup): Promise<void> {
    const parsed = parseRowGroup(readThriftStruct(group.rowGroup).struct)
    const tree = relocateRowGroup(parsed, this.output.bytesWritten - FIRST_PAGE)
    tree.set(RowGroupField.FILE_OFFSET, thriftField.i64(this.output.bytesWritten))
    this.rowGroups.push(writeThriftStruct(tree))
    this.rows += group.rows
    await this.output.append(group.bytes)
  }

  /** Writes the footer and gives the file its name. Without row groups it is a valid file without rows. */
  async finish(): Promise<SinkResult> {
    const footer = writeThriftStruct(this.footer())
    const tail = new Uint8Array(footer.length + 8)
    tail.set(footer)
    new DataView(tail.buffer).setUint32(footer.length, footer.length, true)
    tail.set(MAGIC, footer.length + 4)
    await this.output.append(tail)
    await this.output.commit()
    return { rows: this.rows, bytesWritten: this.output.bytesWritten, files: [this.output.path] }
  }

  async abort(): Promise<void> {
    await this.output.abort()
  }

  private footer(): ThriftStruct {
    const leaves = leafPaths(this.schema).length
    const pairs = Object.entries(this.keyValues)
    const arrowSchema = arrowSchemaToKeep(this.schema)
    if (arrowSchema !== null) pairs.push([ARROW_SCHEMA_KEY, arrowSchema])
    const tree: ThriftStruct = new Map([
      [FileField.VERSION, thriftField.i32(2)],
      [FileField.SCHEMA, thriftField.structs(schemaElements(this.schema))],
      [FileField.ROWS, thriftField.i64(this.rows)],
      [FileField.ROW_GROUPS, thriftField.structs(this.rowGroups.map((group) => readThriftStruct(group).struct))],
      [FileField.CREATED_BY, thriftField.text(CREATED_BY)],
      [FileField.COLUMN_ORDERS, thriftField.structs(Array.from({ length: leaves }, typeDefinedOrder))],
    ])
    if (pairs.length > 0) tree.set(FileField.KEY_VALUES, keyValueField(pairs))
    return tree
  }
}

/** Says that minimum and maximum follow the order of the logical type (parquet.thrift, "ColumnOrder"). */
function typeDefinedOrder(): ThriftStruct {
  return new Map([[1, thriftField.struct(new Map())]])
}
