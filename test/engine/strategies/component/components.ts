/** Components and strategies that the tests of this folder run. */

import type { RecordBatch } from 'apache-arrow'
import {
  Component,
  type ComponentMetrics,
  type Emit,
  type Engine,
  type ExecutionStrategy,
  type Frame,
  type Payload,
} from '../../../../index.js'

/** Each row as often as its number says, from 0 on; numbers below 0 are rejected. */
export class Repeat extends Component {
  readonly name = 'repeat'
  readonly schema = { id: 'int32', copy: 'int32' }
  override readonly ports = { rejects: { id: 'int32', reason: 'varchar' } }

  override processRow(row: Record<string, unknown>, emit: Emit): Record<string, unknown>[] | null {
    const { id, n } = row as { id: number; n: number }
    if (n >= 0) return Array.from({ length: n }, (_, copy) => ({ id, copy }))
    emit({ id, reason: `n is ${n}` }, 'rejects')
    return null
  }
}

/** The same by batches. */
export class RepeatBatches extends Component {
  readonly name = 'repeat'
  readonly schema = { id: 'int32', copy: 'int32' }
  override readonly ports = { rejects: { id: 'int32', reason: 'varchar' } }
  readonly sizes: number[] = []

  override processBulk(batch: RecordBatch, emit: Emit): Record<string, Int32Array> {
    this.sizes.push(batch.numRows)
    const [ids, counts] = ['id', 'n'].map((name) => [...(batch.getChild(name) ?? [])] as number[])
    const rejected = ids.flatMap((id, i) => (counts[i] < 0 ? [{ id, reason: `n is ${counts[i]}` }] : []))
    emit(rejected, 'rejects')
    const rows = ids.flatMap((id, i) => Array.from({ length: Math.max(0, counts[i]) }, (_, copy) => [id, copy]))
    return { id: Int32Array.from(rows, ([id]) => id), copy: Int32Array.from(rows, ([, copy]) => copy) }
  }
}

/** The same by a query. */
export class RepeatQuery extends Component {
  readonly name = 'repeat'
  readonly schema = { id: 'int32', copy: 'int32' }

  override processBigData({ sql }: { readonly sql: string }): string {
    return `SELECT id, unnest(range(n)) AS copy FROM ${sql} WHERE n > 0 ORDER BY id, copy -- of all`
  }
}

/** Passes batches on as they are, and the last row's number when the input has ended. */
export class Pass extends Component {
  readonly name = 'pass'
  readonly schema = { id: 'int32', n: 'int32' }
  last = -1

  override start(): void {
    this.last = -1
  }

  override processBulk(batch: RecordBatch): RecordBatch {
    this.last = batch.get(batch.numRows - 1)?.toJSON().id
    return batch
  }

  override finish(emit: Emit): void {
    emit({ id: this.last, n: null })
  }
}

/** Drives components as another strategy does, and keeps what it counted. */
export class Delegate implements ExecutionStrategy {
  readonly seen: ComponentMetrics[] = []

  constructor(
    readonly name: string,
    private readonly to: ExecutionStrategy,
  ) {}

  supports(component: Component) {
    return this.to.supports(component)
  }

  execute(component: Component, payload: Payload, metrics: ComponentMetrics) {
    this.seen.push(metrics)
    metrics.counters.delegated = 1
    return this.to.execute(component, payload, metrics)
  }
}

/** Strategies of the names `asRow` and `asBulk`. */
export function delegates(engine: Engine): readonly Delegate[] {
  return (['row', 'bulk'] as const).map((name) => {
    const delegate = new Delegate(`as${name === 'row' ? 'Row' : 'Bulk'}`, engine.strategy(name))
    engine.registerStrategy(delegate)
    return delegate
  })
}

/** Rows of `id`, from 0, and `n`, from -1 to 3. */
export function numbers(engine: Engine, count: number): Frame {
  const records = Array.from({ length: count }, (_, id) => ({ id, n: (id % 5) - 1 }))
  return engine.fromRecords(records, { id: 'int32', n: 'int32' })
}

export async function rowsOf(rows: AsyncIterable<Record<string, unknown>>): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = []
  for await (const row of rows) all.push(row)
  return all
}
