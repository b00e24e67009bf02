/** Producers of records that come page by page, from a place that can be named. */

import { describeValue } from '../../../io/describe-value.js'
import { isRecord } from '../../../io/records/convert.js'
import { inferSchema } from '../../../io/records/infer.js'
import { batchOfRecords } from '../../../io/records/row.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import type { ProducerSetting } from './setting.js'

/** Some records, and where they come from: `from` names this page, `next` the one behind it, null after the last. */
export interface RecordPage {
  readonly records: readonly unknown[]
  readonly from: Json
  readonly next: Json | null
}

/** Pages from a place on; from the first for null. */
export type RecordPages = (from: Json | null) => AsyncGenerator<RecordPage>

export interface PagedOptions {
  readonly schema: Schema | null
  readonly bounded: boolean
  readonly isResumable: boolean
  readonly fingerprint: Json
}

/** Where a job stands: so many records into a page, or behind the last one. */
interface Position {
  readonly page: Json | null
  readonly skip: number
  readonly isDone: boolean
  /** Records so far. */
  readonly row: number
  /** As inferred from the first records, so that those of a resumed job are of the same types. */
  readonly schema: Schema
}

/** How long records wait for the next page, so that those of a slow source are seen soon. */
const LINGER_MS = 50

export class PagedProducer implements Producer {
  onRetry = (): void => {}
  readonly bounded: boolean
  readonly isResumable: boolean
  readonly rows = null
  readonly fingerprint: Json
  private known: Schema | null
  /** Names that records may have; null where others are left out. */
  private names: ReadonlySet<string> | null = null

  constructor(
    private readonly pages: RecordPages,
    options: PagedOptions,
    private readonly setting: ProducerSetting,
  ) {
    this.bounded = options.bounded
    this.isResumable = options.isResumable
    this.fingerprint = options.fingerprint
    this.known = options.schema
  }

  get schema(): Schema | null {
    return this.known
  }

  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const start = position as unknown as Position | null
    if (start?.isDone) return
    if (start !== null && this.known === null) this.expect(start.schema)
    const gathered = new Gathered(start)
    const pages = this.pages(start?.page ?? null)
    try {
      let pending: Promise<IteratorResult<RecordPage>> | null = null
      for (;;) {
        pending ??= pages.next()
        const step: IteratorResult<RecordPage> | null = gathered.count === 0 ? await pending : await soon(pending)
        if (step === null) {
          yield this.take(gathered, gathered.count)
          continue
        }
        pending = null
        if (step.done) break
        gathered.add(step.value)
        while (gathered.count >= this.setting.batchRows) yield this.take(gathered, this.setting.batchRows)
      }
      if (gathered.count > 0) yield this.take(gathered, gathered.count)
    } finally {
      await pages.return(undefined)
    }
  }

  async close(): Promise<void> {}

  private take(gathered: Gathered, count: number): ProducedBatch {
    const { row } = gathered
    const records = gathered.take(count)
    const schema = this.known ?? this.expect(inferred(records, row, this.setting.id))
    for (const [index, record] of records.entries()) this.refuseUnknown(record, row + index)
    const batch = batchOfRecords(schema, records, this.setting.services.target, row)
    return { batch, position: gathered.position(schema) as unknown as Json }
  }

  /** With an inferred schema, a field that the first records did not have would be lost in silence. */
  private refuseUnknown(record: unknown, row: number): void {
    if (this.names === null || !isRecord(record)) return
    const unknown = Object.keys(record).find((name) => this.names?.has(name) === false)
    if (unknown === undefined) return
    throw new VolleyError(
      'VOLLEY_BAD_RECORD',
      `stage ${this.setting.id}: record ${row} has a field ${unknown} that the first records lack (${describeValue(record[unknown])}): give a schema`,
      { row, column: unknown, stage: this.setting.id },
    )
  }

  private expect(schema: Schema): Schema {
    this.known = schema
    this.names = new Set(schema.fields.map(({ name }) => name))
    return schema
  }
}

/** Records that are not in a batch yet, and the page that the last of them is from. */
class Gathered {
  private records: unknown[] = []
  private page: Json | null
  private next: Json | null = null
  private skip: number
  private taken: number
  private left = 0

  constructor(start: Position | null) {
    this.page = start?.page ?? null
    this.skip = start?.skip ?? 0
    this.taken = start?.row ?? 0
  }

  get count(): number {
    return this.records.length
  }

  /** Records that were taken. */
  get row(): number {
    return this.taken
  }

  /** The records of a page, but for those that an earlier job has taken. */
  add({ records, from, next }: RecordPage): void {
    for (let index = this.skip; index < records.length; index++) this.records.push(records[index])
    this.left = records.length
    this.skip = 0
    this.page = from
    this.next = next
  }

  take(count: number): unknown[] {
    this.taken += count
    return this.records.splice(0, count)
  }

  /** Behind the last record that was taken: all that is left is of the last page. */
  position(schema: Schema): Position {
    const { taken: row, records } = this
    if (records.length > 0) return { page: this.page, skip: this.left - records.length, isDone: false, row, schema }
    return { page: this.next, skip: 0, isDone: this.next === null, row, schema }
  }
}

function inferred(records: readonly unknown[], firstRow: number, stage: string): Schema {
  const schema = inferSchema(records, firstRow)
  if (schema.fields.length > 0) return schema
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `stage ${stage}: no columns found in the records: give a schema`, {
    stage,
  })
}

/** What a promise gives, or null if it takes a while. */
async function soon<T>(promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, LINGER_MS, null)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
