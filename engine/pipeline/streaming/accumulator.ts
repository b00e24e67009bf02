/** Gathers batches, by key if there is one, until a limit is reached; then passes them on as one. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import { readValue } from '../../../io/values.js'
import { VolleyError } from '../../../planner/errors.js'
import type { AccumulatorStage } from '../../../planner/pipeline/definition.js'
import { persistBatch, takeBatch } from '../../kernels/vectors.js'
import { batchBytes } from '../../metrics/batch-bytes.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Json, Output, StageState, StageWork } from '../stage.js'
import { joinBatches } from './cutting.js'

interface Gathered {
  readonly key: string
  batches: Batch[]
  rows: number
  bytes: number
  /** When its first batch came. */
  since: number
}

/** What a checkpoint keeps of a key, beside one batch of its rows. */
interface KeptKey {
  readonly key: string
  /** Milliseconds since its first batch came. */
  readonly age: number
}

export class Accumulator implements StageWork {
  readonly concurrency = 1
  readonly checkpointed = {
    save: () => Promise.resolve(this.save()),
    restore: (state: StageState) => Promise.resolve(this.restore(state)),
  }
  private readonly gathered = new Map<string, Gathered>()
  private rows = 0
  private bytes = 0

  constructor(
    private readonly stage: AccumulatorStage,
    private readonly context: TaskContext,
    /** Milliseconds of `performance.now()`. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  get due(): number | null {
    const { milliseconds } = this.stage
    if (milliseconds === null || this.gathered.size === 0) return null
    // The first of a map is the oldest: a key that is passed on is taken out.
    const [oldest] = this.gathered.values()
    return oldest.since + milliseconds
  }

  async process(batch: Batch): Promise<readonly Output[]> {
    const outputs: Output[] = []
    for (const [key, part] of this.split(batch)) {
      const one = this.add(key, part)
      const { rows, bytes } = this.stage
      if ((rows !== null && one.rows >= rows) || (bytes !== null && one.bytes >= bytes)) outputs.push(this.pass(one))
    }
    while (this.exceedsTotal) outputs.push(this.pass(this.largest()))
    return outputs
  }

  async finish(): Promise<readonly Output[]> {
    return [...this.gathered.values()].map((one) => this.pass(one))
  }

  async tick(): Promise<readonly Output[]> {
    const { milliseconds } = this.stage
    if (milliseconds === null) return []
    const late = this.now() - milliseconds
    return [...this.gathered.values()].filter((one) => one.since <= late).map((one) => this.pass(one))
  }

  async close(): Promise<void> {
    for (const { batches } of this.gathered.values()) for (const batch of batches) releaseBatch(this.context, batch)
    this.gathered.clear()
  }

  private save(): StageState {
    const now = this.now()
    const all = [...this.gathered.values()]
    // What is joined for the checkpoint need not be joined again.
    for (const one of all) one.batches = [joinBatches(this.context, one.batches)]
    const keys: KeptKey[] = all.map(({ key, since }) => ({ key, age: now - since }))
    return { state: keys as unknown as Json, batches: all.map(({ batches }) => batches[0]) }
  }

  private restore({ state, batches }: StageState): void {
    const now = this.now()
    const keys = state as unknown as readonly KeptKey[]
    keys.forEach(({ key, age }, index) => {
      this.add(key, batches[index]).since = now - age
    })
  }

  private get exceedsTotal(): boolean {
    const { totalRows, totalBytes } = this.stage
    if (this.gathered.size === 0) return false
    return (totalRows !== null && this.rows >= totalRows) || (totalBytes !== null && this.bytes >= totalBytes)
  }

  private largest(): Gathered {
    const byBytes = this.stage.totalRows === null
    let largest: Gathered | null = null
    for (const one of this.gathered.values()) {
      if (largest === null || (byBytes ? one.bytes > largest.bytes : one.rows > largest.rows)) largest = one
    }
    return largest!
  }

  private add(key: string, batch: Batch): Gathered {
    let one = this.gathered.get(key)
    if (one === undefined) {
      one = { key, batches: [], rows: 0, bytes: 0, since: this.now() }
      this.gathered.set(key, one)
    }
    const bytes = batchBytes(this.context.memory, batch)
    one.batches.push(batch)
    one.rows += batch.length
    one.bytes += bytes
    this.rows += batch.length
    this.bytes += bytes
    return one
  }

  private pass(one: Gathered): Output {
    this.gathered.delete(one.key)
    this.rows -= one.rows
    this.bytes -= one.bytes
    return { port: 'main', batch: joinBatches(this.context, one.batches) }
  }

  /** The rows of each key, in order of first appearance. Takes over the batch. */
  private split(batch: Batch): readonly (readonly [string, Batch])[] {
    const { key } = this.stage
    if (key.length === 0) return [['', batch]]
    const { context } = this
    const columns = key.map((name) => this.column(batch, name))
    const rowsByKey = new Map<string, number[]>()
    for (let row = 0; row < batch.length; row++) {
      const text = columns.map((column) => keyText(readValue(context.memory, column, row))).join()
      const rows = rowsByKey.get(text)
      if (rows === undefined) rowsByKey.set(text, [row])
      else rows.push(row)
    }
    if (rowsByKey.size === 1) return [...rowsByKey.keys()].map((text) => [text, batch])
    try {
      return [...rowsByKey].map(([text, rows]) => [text, this.take(batch, rows)])
    } finally {
      releaseBatch(context, batch)
    }
  }

  private take(batch: Batch, rows: readonly number[]): Batch {
    const { context } = this
    const indices = context.scratch(rows.length * 4)
    context.memory.i32.set(rows, indices / 4)
    const part = persistBatch(context, context.allocate, takeBatch(context, batch, indices, rows.length))
    context.resetScratch()
    return part
  }

  private column(batch: Batch, name: string) {
    return batch.columns[keyPosition(batch, name)]
  }
}

/** Throws VOLLEY_UNKNOWN_COLUMN. */
export function keyPosition({ schema }: Pick<Batch, 'schema'>, name: string): number {
  const index = schema.fields.findIndex((field) => field.name === name)
  if (index >= 0) return index
  const names = schema.fields.map((field) => field.name).join(', ')
  throw new VolleyError('VOLLEY_UNKNOWN_COLUMN', `key column ${name} is not among the columns that come in: ${names}`, {
    column: name,
    actual: names,
  })
}

/** Different for different values of a column. */
function keyText(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object')
    return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part))
  return JSON.stringify(String(value))
}
