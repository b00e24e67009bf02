/** Writes JSON objects, one a line. */

import type { Schema } from '../../planner/types.js'
import type { Batch } from '../batch.js'
import { releaseBatch, type SinkMemory } from '../block-sharing.js'
import type { OutputOptions } from '../output-file.js'
import type { Sink, SinkResult } from '../sink.js'
import { TextOutput } from '../text-output.js'
import { readValue } from '../values.js'
import { jsonText } from './json-text.js'

export class NdjsonSink implements Sink {
  private rows = 0

  private constructor(
    private readonly output: TextOutput,
    /** What stands before the value of each column. */
    private readonly prefixes: readonly string[],
    private readonly memory: SinkMemory,
  ) {}

  static async open(
    path: string,
    schema: Schema,
    memory: SinkMemory,
    options: OutputOptions = {},
  ): Promise<NdjsonSink> {
    return NdjsonSink.over(await TextOutput.open(path, options), schema, memory, 0)
  }

  /** Goes on behind `rows` that the output has already. */
  static over(output: TextOutput, schema: Schema, memory: SinkMemory, rows: number): NdjsonSink {
    const prefixes = schema.fields.map((f, index) => `${index === 0 ? '{' : ','}${JSON.stringify(f.name)}:`)
    const sink = new NdjsonSink(output, prefixes, memory)
    sink.rows = rows
    return sink
  }

  async write(batch: Batch): Promise<void> {
    try {
      const { fields } = batch.schema
      for (let row = 0; row < batch.length; row++) {
        let line = ''
        for (let column = 0; column < fields.length; column++) {
          const value = readValue(this.memory.views, batch.columns[column], row)
          line += this.prefixes[column] + jsonText(value, fields[column].type)
        }
        if (this.output.write(line === '' ? '{}\n' : `${line}}\n`)) await this.output.flush()
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
}
