/**
 * Leaves out records that a work cannot process, and writes them to a file at the end: dead letters. A batch that fails is
 * halved until the records are found that are to blame; what the others put out stays in their order.
 */

import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Batch } from '../../../io/batch.js'
import { releaseBatch, retainBatch } from '../../../io/block-sharing.js'
import { VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { ErrorPolicy } from '../../../planner/pipeline/definition.js'
import { batchOfRejects, type RejectedRecord, recordText } from '../../recovery/rejected-record.js'
import type { PipelineServices } from '../services.js'
import type { Json, Output, StageState, StageWork } from '../stage.js'
import { copyRows } from './cutting.js'

/** Errors of this kind are of records; others are not found in one record either. */
const CODES: ReadonlySet<string> = new Set([
  'VOLLEY_BAD_RECORD',
  'VOLLEY_CAST',
  'VOLLEY_INVALID_ARGUMENT',
  'VOLLEY_INVALID_UTF8',
  'VOLLEY_OVERFLOW',
  'VOLLEY_USER_FUNCTION',
])
/** From this record on, the share of failed ones counts. */
const RATE_FROM = 100

export class RecoveringWork implements StageWork {
  readonly checkpointed = { save: () => this.save(), restore: (state: StageState) => this.restore(state) }
  private letters: RejectedRecord[] = []
  private seen = 0
  private consecutive = 0
  private lastFailed = -1

  constructor(
    private readonly work: StageWork,
    private readonly stage: string,
    private readonly policy: ErrorPolicy & { readonly deadLetters: string },
    /** Names the file, if the policy names a directory. */
    private readonly startedAt: Date,
    private readonly services: PipelineServices,
  ) {}

  get concurrency(): number {
    // Which records follow each other is seen if they come one after the other.
    return this.policy.maxConsecutive === null ? this.work.concurrency : 1
  }

  get due(): number | null {
    return this.work.due
  }

  async process(batch: Batch): Promise<readonly Output[]> {
    const first = this.seen
    this.seen += batch.length
    try {
      return await this.attempt(batch, first)
    } finally {
      releaseBatch(this.services.memory, batch)
    }
  }

  async finish(): Promise<readonly Output[]> {
    const outputs = await this.work.finish()
    await this.write()
    return outputs
  }

  tick(): Promise<readonly Output[]> {
    return this.work.tick()
  }

  close(): Promise<void> {
    return this.work.close()
  }

  /** Does not take over the batch, whose first row is the stage's row `first`. */
  private async attempt(batch: Batch, first: number): Promise<readonly Output[]> {
    const { memory, run } = this.services
    try {
      return await this.work.process(retainBatch(memory, batch))
    } catch (error) {
      run.throwIfCancelled()
      if (!(error instanceof VolleyError) || !CODES.has(error.code)) throw error
      if (batch.length === 1) {
        this.reject(batch, first, error)
        return []
      }
    }
    const middle = Math.ceil(batch.length / 2)
    const outputs: Output[] = []
    for (const [start, length] of [
      [0, middle],
      [middle, batch.length - middle],
    ] as const) {
      const half = copyRows(run.context, batch, start, length)
      try {
        outputs.push(...(await this.attempt(half, first + start)))
      } finally {
        releaseBatch(memory, half)
      }
    }
    return outputs
  }

  private reject(batch: Batch, row: number, error: VolleyError): void {
    const { maxCount, maxConsecutive, maxRate } = this.policy
    const { code, message } = error
    const record = recordText(this.services.memory.views, batch, 0)
    this.letters.push({ record, path: null, rowGroup: null, row, step: this.stage, code, message })
    this.consecutive = row === this.lastFailed + 1 ? this.consecutive + 1 : 1
    this.lastFailed = row
    const count = this.letters.length
    const limit =
      maxCount !== null && count > maxCount
        ? `${count} records failed, and maxCount is ${maxCount}`
        : maxConsecutive !== null && this.consecutive > maxConsecutive
          ? `${this.consecutive} records failed one after the other, and maxConsecutive is ${maxConsecutive}`
          : maxRate !== null && row + 1 >= RATE_FROM && count / (row + 1) > maxRate
            ? `${count} of ${row + 1} records failed, and maxRate is ${maxRate}`
            : null
    if (limit === null) return
    throw new VolleyError('VOLLEY_TOO_MANY_REJECTS', `${limit}; the last: ${message}`, { stage: this.stage }, error)
  }

  /** Leaves no file where nothing failed. A file of the same name is replaced. */
  private async write(): Promise<void> {
    if (this.letters.length === 0) return
    const { deadLetters } = this.policy
    const time = this.startedAt.toISOString().replace(/[^0-9TZ]/g, '')
    const path = deadLetters.endsWith('.parquet')
      ? deadLetters
      : join(deadLetters, `${this.stage.replaceAll('/', '-')}-${time}.parquet`)
    await mkdir(dirname(path), { recursive: true })
    const { scans, runtime } = this.services
    const batch = batchOfRejects([...this.letters].sort((a, b) => (a.row ?? 0) - (b.row ?? 0)))
    await new Frame(scans.tables([batch]), runtime).sinkParquet(path, { overwrite: true })
  }

  private async save(): Promise<StageState> {
    const inner = (await this.work.checkpointed?.save()) ?? null
    const { letters, seen, consecutive, lastFailed } = this
    const state = {
      letters: [...letters],
      seen,
      consecutive,
      lastFailed,
      inner: inner?.state ?? null,
      holds: inner !== null,
    }
    return { state: state as unknown as Json, batches: inner?.batches ?? [] }
  }

  private async restore({ state, batches }: StageState): Promise<void> {
    const { letters, seen, consecutive, lastFailed, inner, holds } = state as unknown as {
      readonly letters: RejectedRecord[]
      readonly seen: number
      readonly consecutive: number
      readonly lastFailed: number
      readonly inner: Json
      readonly holds: boolean
    }
    this.letters = [...letters]
    this.seen = seen
    this.consecutive = consecutive
    this.lastFailed = lastFailed
    if (holds) await this.work.checkpointed?.restore({ state: inner, batches })
  }
}
