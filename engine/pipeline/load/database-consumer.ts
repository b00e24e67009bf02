/**
 * Tables of databases. Rows wait outside of the table; each epoch, or without checkpoints all of them, are moved into it in
 * one transaction, which also writes down the epoch. What waits is lost with the job: a resumed one gets it again.
 */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import type { Schema } from '../../../planner/types.js'
import { batchBytes } from '../../metrics/batch-bytes.js'
import type { Consumer, ConsumerResult, Json } from '../stage.js'
import { checkKey, requireKeys } from './keys.js'
import type { ConsumerSetting } from './setting.js'
import type { Committed, TableLoader, TableTarget } from './table-loader.js'

interface Sealed {
  readonly segment: number
  readonly epoch: number
}

interface LoadState {
  readonly rows: number
  readonly bytes: number
  /** Null before the first batch. */
  readonly schema: Schema | null
}

export class DatabaseConsumer implements Consumer {
  readonly isResumable: boolean
  private segment = 1
  private readonly sealed: Sealed[] = []
  private committed: Committed | null = null
  private prepared = 0
  private hasBegun = false
  private schema: Schema | null = null
  private rows = 0
  private bytes = 0

  constructor(
    private readonly target: TableTarget,
    private readonly loader: TableLoader,
    private readonly setting: ConsumerSetting,
  ) {
    this.isResumable = target.job !== null
  }

  async open(state: Json | null): Promise<void> {
    this.committed = await this.loader.open(state === null)
    if (state !== null) {
      const { rows, bytes, schema } = state as unknown as LoadState
      this.rows = rows
      this.bytes = bytes
      this.schema = schema
    }
    this.prepared = this.committed?.epoch ?? 0
    // A job whose rows are all committed, and gets no more, has to finish what it began.
    const schema = this.setting.schema ?? this.schema
    if (schema !== null && !this.isFinished) await this.begin(schema)
  }

  async write(batch: Batch): Promise<void> {
    const { memory } = this.setting.services
    try {
      // An earlier job has loaded everything, and did not live to say so.
      if (!this.isFinished) {
        if (!this.hasBegun) await this.begin(batch.schema)
        const { mode, key, table } = this.target
        if (mode === 'upsert') requireKeys(memory.views, batch, key, this.rows, table)
        await this.loader.stage(batch, this.segment, this.rows)
      }
      this.rows += batch.length
      this.bytes += batchBytes(memory.views, batch)
    } finally {
      releaseBatch(memory, batch)
    }
  }

  /** What waits is not durable: rows that are not committed have to come again. */
  async prepare(epoch: number): Promise<Json> {
    this.sealed.push({ segment: this.segment++, epoch })
    this.prepared = epoch
    const state: LoadState = { rows: this.rows, bytes: this.bytes, schema: this.schema }
    return state as unknown as Json
  }

  async commit(epoch: number): Promise<void> {
    if (this.isFinished || (this.committed !== null && epoch <= this.committed.epoch)) return
    const due = this.sealed.filter((own) => own.epoch <= epoch)
    await this.loader.load(this.hasBegun ? due.map(({ segment }) => segment) : [], epoch, false)
    this.sealed.splice(0, due.length)
    this.committed = { epoch, isFinished: false }
  }

  async committedEpoch(): Promise<number | null> {
    return this.target.job === null ? null : (this.committed?.epoch ?? 0)
  }

  async finish(): Promise<ConsumerResult> {
    if (!this.isFinished && this.hasBegun) {
      const segments = [...this.sealed.map(({ segment }) => segment), this.segment]
      const epoch = this.target.job === null ? null : this.prepared + 1
      await this.loader.load(segments, epoch, true)
    }
    await this.loader.close()
    return { rows: this.rows, bytesWritten: this.bytes, outputs: [this.target.table] }
  }

  async abort(keep: boolean): Promise<void> {
    if (!keep) await this.loader.forget()
    await this.loader.close()
  }

  private get isFinished(): boolean {
    return this.committed?.isFinished === true
  }

  private async begin(schema: Schema): Promise<void> {
    const { mode, key, table } = this.target
    if (mode === 'upsert') checkKey(key, schema, table)
    await this.loader.begin(schema)
    this.schema = schema
    this.hasBegun = true
  }
}
