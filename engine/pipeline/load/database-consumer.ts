/**
 * Tables of databases. Rows wait outside of the table; each epoch, or without checkpoints all of them, are moved into it in
 * one transaction, which also writes down the epoch. What waits is lost with the job: a resumed one gets it again.
 *
 * Rows that cannot wait there, as no column of the table takes them, are known at once; which rows the table refuses, only
 * when they are moved. With a place for dead letters, both are left out. An epoch is tried when it is prepared: what it
 * refuses then belongs to the checkpoint.
 */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import { batchBytes } from '../../metrics/batch-bytes.js'
import { failedRecord } from '../errors/dead-letter.js'
import { isolate, isRecordFault, partOf } from '../errors/record-faults.js'
import type { StageErrors } from '../errors/stage-errors.js'
import type { Consumer, ConsumerResult, Json } from '../stage.js'
import { atRow } from './faults.js'
import { KeptRecords } from './kept-records.js'
import { checkKey, requireKeys } from './keys.js'
import type { Committed } from './loaded-database.js'
import { OneSchema } from './one-schema.js'
import { RefusedStreak } from './refused-streak.js'
import type { ConsumerSetting } from './setting.js'
import type { TableLoader, TableTarget } from './table-loader.js'

const STEP = 'load'

interface Sealed {
  readonly segment: number
  readonly epoch: number
}

interface State {
  readonly rows: number
  readonly bytes: number
  /** Null before the first batch. */
  readonly schema: Schema | null
  readonly refused: number
  /** Null where the first refused row ends the run. */
  readonly errors: Json
}

export class DatabaseConsumer implements Consumer {
  readonly isResumable: boolean
  private segment = 1
  private readonly sealed: Sealed[] = []
  private committed: Committed | null = null
  private prepared = 0
  private hasBegun = false
  private schema: Schema | null = null
  private columns: OneSchema | null = null
  private rows = 0
  private bytes = 0
  private refused = 0
  private readonly kept: KeptRecords
  private readonly streak = new RefusedStreak()

  constructor(
    private readonly target: TableTarget,
    private readonly loader: TableLoader,
    private readonly setting: ConsumerSetting,
  ) {
    this.isResumable = target.job !== null
    this.kept = new KeptRecords(setting.services)
  }

  get rejected(): number {
    return this.errors?.failed ?? 0
  }

  async open(state: Json | null): Promise<void> {
    this.committed = await this.loader.open(state === null)
    if (state !== null) {
      const { rows, bytes, schema, refused = 0, errors = null } = state as unknown as State
      this.rows = rows
      this.bytes = bytes
      this.schema = schema
      this.refused = refused
      if (errors !== null) this.errors?.restore(errors)
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
        this.columns?.expect(batch.schema)
        if (this.errors === null) await this.stage(batch, this.rows)
        else await this.stageFitting(batch, this.errors)
      }
      this.rows += batch.length
      this.bytes += batchBytes(memory.views, batch)
    } finally {
      releaseBatch(memory, batch)
    }
  }

  /** What waits is not durable: rows that are not committed have to come again. */
  async prepare(epoch: number): Promise<Json> {
    const { errors } = this
    if (errors !== null && this.hasBegun && !this.isFinished) {
      const segments = [...this.sealed.map(({ segment }) => segment), this.segment]
      // Without the rows that are refused, others may be.
      while ((await this.leaveOut(segments, false)) > 0);
      await this.kept.clear()
    }
    await errors?.sync()
    this.sealed.push({ segment: this.segment++, epoch })
    this.prepared = epoch
    const { rows, bytes, schema, refused } = this
    const state: State = { rows, bytes, schema, refused, errors: errors?.save() ?? null }
    return state as unknown as Json
  }

  async commit(epoch: number): Promise<void> {
    if (this.isFinished || (this.committed !== null && epoch <= this.committed.epoch)) return
    const due = this.sealed.filter((own) => own.epoch <= epoch)
    const segments = this.hasBegun ? due.map(({ segment }) => segment) : []
    try {
      await this.loader.load(segments, epoch, false)
    } catch (error) {
      // Nothing was refused when the epoch was prepared: somebody else has changed the table.
      throw await this.reasonOf(error, segments, false)
    }
    this.sealed.splice(0, due.length)
    this.committed = { epoch, isFinished: false }
  }

  async committedEpoch(): Promise<number | null> {
    return this.target.job === null ? null : (this.committed?.epoch ?? 0)
  }

  async finish(): Promise<ConsumerResult> {
    if (!this.isFinished && !this.hasBegun) {
      const schema = (await this.setting.schemaWithoutRows?.()) ?? null
      if (schema !== null) await this.begin(schema)
    }
    if (!this.isFinished && this.hasBegun) {
      const segments = [...this.sealed.map(({ segment }) => segment), this.segment]
      await this.loadFitting(segments, this.target.job === null ? null : this.prepared + 1)
    }
    await this.kept.clear()
    await this.loader.close()
    return { rows: this.rows - this.refused, bytesWritten: this.bytes, outputs: [this.target.table] }
  }

  async abort(keep: boolean): Promise<void> {
    await this.kept.clear()
    if (!keep) await this.loader.forget()
    await this.loader.close()
  }

  private get isFinished(): boolean {
    return this.committed?.isFinished === true
  }

  private get errors(): StageErrors | null {
    return this.setting.errors?.() ?? null
  }

  private async begin(schema: Schema): Promise<void> {
    const { mode, key, table } = this.target
    if (mode === 'upsert') checkKey(key, schema, table)
    await this.loader.begin(schema)
    this.schema = schema
    this.columns = new OneSchema(table, schema)
    this.hasBegun = true
  }

  private async stage(batch: Batch, firstRow: number): Promise<void> {
    const { mode, key, table } = this.target
    if (mode === 'upsert') requireKeys(this.setting.services.memory.views, batch, key, firstRow, table)
    await this.loader.stage(batch, this.segment, firstRow)
  }

  /** Leaves out rows that cannot wait. */
  private async stageFitting(batch: Batch, errors: StageErrors): Promise<void> {
    const { memory, run } = this.setting.services
    const before = this.rows
    const attempt = async (start: number, length: number): Promise<VolleyError | null> => {
      const part = partOf(run.context, batch, start, length)
      try {
        await this.stage(part, before + start)
      } catch (error) {
        if (!isRecordFault(error)) throw error
        return error
      } finally {
        releaseBatch(memory, part)
      }
      errors.passed(length)
      return null
    }
    await this.kept.keep(batch, before)
    const fault = await attempt(0, batch.length)
    if (fault === null) return
    await isolate(0, batch.length, fault, {
      attempt,
      failed: async (row, error) => {
        this.refused++
        this.streak.absent(before + row)
        await errors.reject(failedRecord(memory.views, batch, row, { before, step: STEP, error }))
      },
    })
  }

  /** Loads all that is not refused. */
  private async loadFitting(segments: readonly number[], epoch: number | null): Promise<void> {
    for (;;) {
      try {
        return await this.loader.load(segments, epoch, true)
      } catch (error) {
        if (this.errors === null || !this.loader.isRefusal(error)) throw await this.reasonOf(error, segments, true)
        // What no row alone is refused for stays as it is.
        if ((await this.leaveOut(segments, true)) === 0) throw this.loader.explained(error)
      }
    }
  }

  /** Writes down the rows that a load would fail for, and returns how many they are. */
  private async leaveOut(segments: readonly number[], isLast: boolean): Promise<number> {
    const { errors } = this
    if (errors === null) return 0
    let count = 0
    await this.loader.leaveOutRefused(segments, isLast, async (row, error) => {
      count++
      this.refused++
      await errors.rejectPassed(this.kept.failed(row, STEP, error), this.streak.refused(row))
    })
    this.streak.end()
    return count
  }

  /** Of a load that failed: the first row to blame, if one is. */
  private async reasonOf(error: unknown, segments: readonly number[], isLast: boolean): Promise<unknown> {
    if (!this.loader.isRefusal(error)) return this.loader.explained(error)
    try {
      await this.loader.leaveOutRefused(segments, isLast, async (row, refused) => {
        throw atRow(refused, row)
      })
    } catch (found) {
      return found instanceof VolleyError && found.details.row !== undefined ? found : this.loader.explained(error)
    }
    return this.loader.explained(error)
  }
}
