/** Parquet files, decoded by the workers a few row groups ahead. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import type { ParquetSource } from '../../../io/parquet/source.js'
import type { ParquetMorsel } from '../../../io/source.js'
import type { Schema } from '../../../planner/types.js'
import { publishChain } from '../../workers/published-chain.js'
import { comesFrom } from '../errors/origins.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import type { ProducerSetting } from './setting.js'
import { slicesOf } from './slices.js'

/** Row groups that are decoded before they are asked for, at most. */
const AHEAD = 2
const DECODED_ROWS = 65_536

/** Behind so many rows of a row group. */
interface Position {
  readonly file: number
  readonly rowGroup: number
  readonly row: number
}

export class ParquetProducer implements Producer {
  readonly bounded = true
  readonly isResumable = true
  readonly schema: Schema
  readonly rows: number | null

  constructor(
    private readonly source: ParquetSource,
    readonly fingerprint: Json,
    private readonly setting: ProducerSetting,
  ) {
    this.schema = source.schema
    this.rows = source.estimate(this.request()).rows
  }

  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const { services, batchRows } = this.setting
    const start = (position as unknown as Position | null) ?? { file: 0, rowGroup: 0, row: 0 }
    for await (const { file, path, rowGroup, firstRow, batches } of this.decoded(start)) {
      let end = 0
      const taken = file === start.file && rowGroup === start.rowGroup ? start.row : 0
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        const first = end
        end += batch.length
        const skipped = Math.min(batch.length, Math.max(0, taken - first))
        const read = comesFrom({ ...batch, schema: this.schema }, { path, rowGroup, row: firstRow + first })
        for (const slice of slicesOf(read, batchRows, services, skipped)) {
          const reached: Position = { file, rowGroup, row: first + slice.end }
          yield { batch: slice.batch, position: reached as unknown as Json }
        }
      }
    }
  }

  async close(): Promise<void> {
    await this.source.close()
  }

  private request() {
    return { columns: this.schema.fields.map(({ name }) => name), predicate: null }
  }

  /** Row groups in order, from the one where `start` is; who takes one takes its batches off the list. */
  private async *decoded(start: Position): AsyncGenerator<DecodedGroup> {
    const { run, memory } = this.setting.services
    const chain = publishChain(run.context, { sliceRows: DECODED_ROWS, steps: [], end: { kind: 'output' } })
    const numbers = new Map(this.source.files.map(({ path }, index) => [path, index]))
    const waiting: Promise<DecodedGroup>[] = []
    let current: DecodedGroup | null = null
    let ordinal = 0
    const decode = async (file: number, morsel: ParquetMorsel): Promise<DecodedGroup> => {
      const task = { morsels: [morsel], ordinal: ordinal++, chain, rejects: false }
      const { batches, rowsIn, bytesRead } = await run.task('chain', task)
      run.counts.rowsIn += rowsIn
      run.counts.bytesRead += bytesRead
      const { path, rowGroup, firstRow } = morsel
      return { file, path, rowGroup, firstRow, batches: [...batches] }
    }
    try {
      for await (const morsel of this.source.morsels(this.request())) {
        const file = numbers.get(morsel.path) ?? 0
        if (file < start.file || (file === start.file && morsel.rowGroup < start.rowGroup)) continue
        const decoding = decode(file, morsel)
        // A failure is seen when its turn comes; until then it must not count as unhandled.
        decoding.catch(() => undefined)
        waiting.push(decoding)
        while (waiting.length > (memory.isCrowded ? 0 : AHEAD)) {
          current = (await waiting.shift()) ?? null
          if (current !== null) yield current
        }
      }
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        current = await next
        yield current
      }
    } finally {
      for (const group of [current, ...(await Promise.allSettled(waiting)).map(fulfilled)]) {
        for (const batch of group?.batches ?? []) releaseBatch(memory, batch)
      }
      memory.release(chain.address)
    }
  }
}

interface DecodedGroup {
  readonly file: number
  readonly path: string
  readonly rowGroup: number
  /** In the file. */
  readonly firstRow: number
  readonly batches: Batch[]
}

function fulfilled<T>(result: PromiseSettledResult<T>): T | null {
  return result.status === 'fulfilled' ? result.value : null
}
