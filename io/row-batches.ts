/** Gathers rows of single values into batches; for sources whose records come one at a time. */

import type { ScalarValue } from '../planner/expression.js'
import type { Schema } from '../planner/types.js'
import type { Batch } from './batch.js'
import type { BatchMorsel, DecodeTarget } from './source.js'
import { vectorFromValues } from './vector-from-values.js'

const BATCH_ROWS = 65_536
/** Long texts cut a batch before its rows do. */
const BATCH_CHARACTERS = 32 << 20

export class RowBatches {
  private columns: ScalarValue[][]
  private rows = 0
  private characters = 0
  private firstRow = 0

  constructor(
    private readonly schema: Schema,
    private readonly target: DecodeTarget,
  ) {
    this.columns = schema.fields.map(() => [])
  }

  /** Appends a row: `read` gives the value of each column of the schema. */
  append(read: (column: number) => ScalarValue): void {
    for (let column = 0; column < this.columns.length; column++) {
      const value = read(column)
      this.columns[column].push(value)
      if (typeof value === 'string') this.characters += value.length
    }
    this.rows++
  }

  /** Rows appended since the last batch. */
  get pending(): number {
    return this.rows
  }

  get full(): boolean {
    return this.rows >= BATCH_ROWS || this.characters >= BATCH_CHARACTERS
  }

  /** A batch of the pending rows, whose blocks the caller owns. */
  take(): BatchMorsel {
    this.target.checkCancelled()
    const batch = batchOfColumns(this.schema, this.columns, this.rows, this.target)
    const morsel: BatchMorsel = { kind: 'batch', batch, firstRow: this.firstRow }
    this.firstRow += this.rows
    this.rows = 0
    this.characters = 0
    this.columns = this.schema.fields.map(() => [])
    return morsel
  }
}

export function batchOfColumns(
  schema: Schema,
  columns: readonly (readonly ScalarValue[])[],
  length: number,
  target: Pick<DecodeTarget, 'memory' | 'allocate'>,
): Batch {
  const { memory, allocate } = target
  return {
    schema,
    length,
    columns: schema.fields.map((f, index) => vectorFromValues(f.type, columns[index], memory, allocate)),
  }
}

/** The fields that a scan asked for, in its order. Their names are in the source's schema. */
export function projectSchema(schema: Schema, names: readonly string[]): Schema {
  const byName = new Map(schema.fields.map((f) => [f.name, f]))
  return { fields: names.flatMap((name) => byName.get(name) ?? []) }
}
