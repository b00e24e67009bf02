/** Records of an iterable or async iterable. */

import { type Records, RecordsSource } from '../../../io/records/records-source.js'
import type { Schema } from '../../../planner/types.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import type { ProducerSetting } from './setting.js'
import { slicesOf } from './slices.js'

export class RecordsProducer implements Producer {
  readonly bounded: boolean
  /** What is not an array may be another the next time. */
  readonly isResumable: boolean
  readonly rows: number | null
  readonly fingerprint: Json

  private constructor(
    private readonly source: RecordsSource,
    records: Records,
    private readonly setting: ProducerSetting,
    isBounded: boolean,
  ) {
    this.bounded = isBounded || source.bounded
    this.isResumable = Array.isArray(records)
    this.rows = source.estimate().rows
    this.fingerprint = { rows: this.rows }
  }

  /** Infers a schema from the first records unless it is given. `isBounded`: also asynchronous records are known to end. */
  static async open(
    records: Records,
    schema: Schema | null,
    setting: ProducerSetting,
    isBounded = false,
  ): Promise<RecordsProducer> {
    return new RecordsProducer(await RecordsSource.open(0, records, schema), records, setting, isBounded)
  }

  get schema(): Schema {
    return this.source.schema
  }

  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const { services, batchRows } = this.setting
    const columns = this.schema.fields.map(({ name }) => name)
    let left = position === null ? 0 : Number(position)
    for await (const { batch, firstRow } of this.source.morsels(
      { columns, predicate: null, isPrompt: true },
      services.target,
    )) {
      const skipped = Math.min(left, batch.length)
      left -= skipped
      for (const slice of slicesOf(batch, batchRows, services, skipped)) {
        yield { batch: slice.batch, position: firstRow + slice.end }
      }
    }
  }

  async close(): Promise<void> {
    await this.source.close()
  }
}
