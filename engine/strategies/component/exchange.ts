/** Batches of the run as RecordBatches for code of the user, and what it gives back as batches of the run. */

import type { RecordBatch } from 'apache-arrow'
import { type BlockOwner, fromRecordBatch, toRecordBatch } from '../../../io/arrow/record-batch.js'
import { fromArrowSchema } from '../../../io/arrow/schema.js'
import type { Batch } from '../../../io/batch.js'
import { batchOfRecords, toRow } from '../../../io/records/row.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { Row } from '../../../planner/user-functions.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { LentBuffers } from '../../operators/lent-buffers.js'
import { checkSchema } from '../../operators/map.js'
import type { OperatorContext } from '../../operators/operator-context.js'
import { recordText } from '../../recovery/rejected-record.js'

interface Shown {
  readonly batch: Batch
  readonly buffers: LentBuffers
  readonly isInput: boolean
}

/** Owns the batches it shows until they are dropped. */
export class Exchange implements BlockOwner {
  private readonly shown = new Map<RecordBatch, Shown>()
  private readonly dropped = new WeakSet<RecordBatch>()
  /** Of rows, and taken. */
  private lastMade: RecordBatch | null = null

  constructor(
    private readonly context: OperatorContext,
    /** Names who gives batches back, in messages. */
    private readonly label: string,
  ) {}

  /** Takes over a batch of the input and shows it, without copying, in the place of the one before. */
  showInput(batch: Batch): RecordBatch {
    this.dropInput()
    return this.show(batch, true)
  }

  /** A batch of rows, until it has been taken and another is. */
  showRows(rows: readonly Row[], schema: Schema): RecordBatch {
    return this.show(batchOfRecords(schema, rows, this.context), false)
  }

  private show(batch: Batch, isInput: boolean): RecordBatch {
    const buffers = new LentBuffers(batch, this.context)
    const recordBatch = toRecordBatch(batch, this.context.memory, buffers.allocate, buffers.lend)
    this.shown.set(recordBatch, { batch, buffers, isInput })
    return recordBatch
  }

  *rowsOf(recordBatch: RecordBatch): Generator<Row> {
    const { batch, release } = this.batchOf(recordBatch)
    try {
      for (let row = 0; row < batch.length; row++) yield toRow(this.context.memory, batch, row)
    } finally {
      release()
    }
  }

  /** A row as JSON. */
  textOf(recordBatch: RecordBatch, row: number): string {
    const { batch, release } = this.batchOf(recordBatch)
    try {
      return recordText(this.context.memory, batch, row)
    } finally {
      release()
    }
  }

  /** A batch that code of the user put out, as one of the run: the caller owns it. Copies what is not shown here. */
  take(recordBatch: RecordBatch, schema: Schema, port: string): Batch {
    if (this.lastMade !== null && this.lastMade !== recordBatch) this.drop(this.lastMade)
    const batch = this.imported(recordBatch)
    this.lastMade = this.shown.get(recordBatch)?.isInput === false ? recordBatch : null
    try {
      checkSchema({ label: this.labelOf(port) }, schema, batch.schema)
    } catch (error) {
      releaseBatch(this.context, batch)
      throw error
    }
    return { ...batch, schema }
  }

  dropInput(): void {
    for (const [recordBatch, { isInput }] of this.shown) if (isInput) this.drop(recordBatch)
  }

  dropAll(): void {
    for (const recordBatch of this.shown.keys()) this.drop(recordBatch)
  }

  blockOf(address: number): number | null {
    for (const { buffers } of this.shown.values()) {
      const block = buffers.blockOf(address)
      if (block !== null) return block
    }
    return null
  }

  readonly retain = (block: number): void => this.context.retain(block)

  /** What is shown, or a copy, to be released. */
  private batchOf(recordBatch: RecordBatch): { readonly batch: Batch; readonly release: () => void } {
    const shown = this.shown.get(recordBatch)?.batch
    if (shown !== undefined) return { batch: shown, release: () => {} }
    const batch = this.imported(recordBatch)
    return { batch, release: () => releaseBatch(this.context, batch) }
  }

  private imported(recordBatch: RecordBatch): Batch {
    if (this.dropped.has(recordBatch)) {
      throw new VolleyError(
        'VOLLEY_USER_FUNCTION',
        `${this.label} used a batch that is not valid any more: another was asked for or put out since`,
      )
    }
    const { context } = this
    return fromRecordBatch(recordBatch, context.memory, context.allocate, this, fromArrowSchema(recordBatch.schema))
  }

  private drop(recordBatch: RecordBatch): void {
    const shown = this.shown.get(recordBatch)
    if (shown === undefined) return
    this.shown.delete(recordBatch)
    this.dropped.add(recordBatch)
    shown.buffers.release()
    releaseBatch(this.context, shown.batch)
  }

  private labelOf(port: string): string {
    return `${this.label}, port '${port}',`
  }
}
