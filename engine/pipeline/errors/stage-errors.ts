/** The failed records of one stage: where they go, and when there are too many of them. */

import { VolleyError } from '../../../planner/errors.js'
import type { ErrorPolicy } from '../../../planner/pipeline/definition.js'
import type { Json } from '../stage.js'
import type { FailedRecord } from './dead-letter.js'

/** Records from which on the rate counts. */
const RATE_FROM = 100

export interface LetterBox {
  readonly stage: string
  readonly policy: ErrorPolicy
  /** The file that the letters will be in. */
  readonly file: string
  append(number: number, record: FailedRecord): Promise<void>
  sync(): Promise<void>
}

interface Counts {
  /** Processed or failed. */
  readonly records: number
  readonly failed: number
  readonly consecutive: number
}

/** To be told of records in the order of the input. */
export class StageErrors {
  private counts: Counts = { records: 0, failed: 0, consecutive: 0 }

  constructor(private readonly box: LetterBox) {}

  /** Records that the stage has seen. */
  get records(): number {
    return this.counts.records
  }

  /** Failed ones. */
  get failed(): number {
    return this.counts.failed
  }

  /** @throws VolleyError VOLLEY_TOO_MANY_REJECTS: the first hundred records may be complete only now. */
  passed(records: number): void {
    if (records === 0) return
    const { records: before, failed } = this.counts
    this.counts = { records: before + records, failed, consecutive: 0 }
    this.checkRate(Math.max(RATE_FROM, before + 1))
  }

  /** @throws VolleyError VOLLEY_TOO_MANY_REJECTS, with the record in the file already. */
  async reject(record: FailedRecord): Promise<void> {
    const { records, failed, consecutive } = this.counts
    await this.box.append(failed, record)
    this.counts = { records: records + 1, failed: failed + 1, consecutive: consecutive + 1 }
    this.checkFailed(record, consecutive + 1)
  }

  /** As `reject`, of a record that had passed before it turned out; `consecutive` counts it and those just before it. */
  async rejectPassed(record: FailedRecord, consecutive: number): Promise<void> {
    const { failed } = this.counts
    await this.box.append(failed, record)
    this.counts = { ...this.counts, failed: failed + 1 }
    this.checkFailed(record, consecutive)
  }

  /** As `reject`, of records that come in no certain order: how many passed is said at the end. */
  async rejectUnordered(record: FailedRecord): Promise<void> {
    const { records, failed } = this.counts
    await this.box.append(failed, record)
    this.counts = { records: records + 1, failed: failed + 1, consecutive: 0 }
    const { maxCount } = this.box.policy
    if (maxCount !== null && failed + 1 > maxCount) {
      throw this.tooMany(`more than the ${maxCount} of maxCount; the last: ${record.message}`)
    }
  }

  /** All records that passed, beside those that were rejected in no certain order. */
  passedUnordered(records: number): void {
    this.counts = { ...this.counts, records: this.counts.records + records }
    this.checkRate(this.counts.records)
  }

  save(): Json {
    return { ...this.counts }
  }

  restore(state: Json): void {
    this.counts = state as unknown as Counts
  }

  /** Resolves when what was rejected will be found whatever happens. */
  sync(): Promise<void> {
    return this.box.sync()
  }

  private checkFailed({ message }: FailedRecord, consecutive: number): void {
    const { records, failed } = this.counts
    const { maxCount, maxConsecutive } = this.box.policy
    const last = `the last: ${message}`
    if (maxCount !== null && failed > maxCount) throw this.tooMany(`more than the ${maxCount} of maxCount; ${last}`)
    if (maxConsecutive !== null && consecutive >= maxConsecutive) {
      throw this.tooMany(`the last ${consecutive} in a row, as many as maxConsecutive; ${last}`)
    }
    this.checkRate(records, last)
  }

  /** Of `records`, some of which may have passed together. */
  private checkRate(records: number, last?: string): void {
    const { maxRate } = this.box.policy
    const { failed, records: all } = this.counts
    if (maxRate === null || records < RATE_FROM || records > all || failed / records <= maxRate) return
    const rate = `${failed} of ${records} records, a rate of ${(failed / records).toFixed(4)} and more than the ${maxRate} of maxRate`
    throw this.tooMany(last === undefined ? rate : `${rate}; ${last}`)
  }

  private tooMany(why: string): VolleyError {
    const { stage, file } = this.box
    const { records, failed, consecutive } = this.counts
    return new VolleyError(
      'VOLLEY_TOO_MANY_REJECTS',
      `stage ${stage}: ${failed} of ${records} records failed: ${why}. They are in ${file}`,
      { stage, records, failed, consecutive, path: file },
    )
  }
}
