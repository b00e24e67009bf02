/** Writes CSV files as RFC 4180 describes them, values as DuckDB's `COPY ... TO` does. */

import type { DataType, Schema } from '../../planner/types.js'
import type { Batch, Vector } from '../batch.js'
import { releaseBatch, type SinkMemory } from '../block-sharing.js'
import type { Sink, SinkResult } from '../sink.js'
import { TextOutput } from '../text-output.js'
import { formatValue } from '../value-text.js'
import { readValue } from '../values.js'
import { type CsvFormat, type CsvWriteOptions, csvFormat } from './csv-options.js'

export class CsvSink implements Sink {
  private rows = 0

  private constructor(
    private readonly output: TextOutput,
    private readonly quoting: Quoting,
    private readonly memory: SinkMemory,
  ) {}

  /** Writes the header too, unless `options.header` is false. */
  static async open(path: string, schema: Schema, memory: SinkMemory, options: CsvWriteOptions = {}): Promise<CsvSink> {
    return CsvSink.over(await TextOutput.open(path, options), schema, memory, options, null)
  }

  /** Goes on behind `rows` that the output has already, with the header; null if it has neither. */
  static over(
    output: TextOutput,
    schema: Schema,
    memory: SinkMemory,
    options: CsvWriteOptions,
    rows: number | null,
  ): CsvSink {
    const quoting = new Quoting(csvFormat(options), options.nullValue ?? '')
    const sink = new CsvSink(output, quoting, memory)
    sink.rows = rows ?? 0
    if (rows === null && (options.header ?? true)) {
      output.write(quoting.record(schema.fields.map((f) => quoting.field(f.name))))
    }
    return sink
  }

  async write(batch: Batch): Promise<void> {
    try {
      const { fields } = batch.schema
      for (let row = 0; row < batch.length; row++) {
        const texts = batch.columns.map((column, index) => this.text(column, fields[index].type, row))
        if (this.output.write(this.quoting.record(texts))) await this.output.flush()
      }
      this.rows += batch.length
    } finally {
      releaseBatch(this.memory, batch)
    }
  }

  /** Brings all rows into the file and returns how many there are. */
  async settle(): Promise<number> {
    await this.output.settle()
    return this.rows
  }

  async finish(): Promise<SinkResult> {
    await this.output.finish()
    return { rows: this.rows, bytesWritten: this.output.bytesWritten, files: [this.output.path] }
  }

  async abort(): Promise<void> {
    await this.output.abort()
  }

  private text(column: Vector, type: DataType, row: number): string {
    const value = readValue(this.memory.views, column, row)
    return value === null ? this.quoting.nullString : this.quoting.field(formatValue(value, type))
  }
}

class Quoting {
  private readonly special: RegExp

  constructor(
    private readonly format: CsvFormat,
    readonly nullString: string,
  ) {
    const characters = [format.delimiter, format.quote, format.escape]
    const patterns = characters.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    this.special = new RegExp(`[\r\n]|${patterns.join('|')}`)
  }

  /** Text that would read as NULL is quoted too. */
  field(text: string): string {
    if (text !== this.nullString && text !== '' && !this.special.test(text)) return text
    const { quote, escape: mark } = this.format
    const escaped = mark === quote ? text : text.replaceAll(mark, mark + mark)
    return quote + escaped.replaceAll(quote, mark + quote) + quote
  }

  record(fields: readonly string[]): string {
    return `${fields.join(this.format.delimiter)}\n`
  }
}
