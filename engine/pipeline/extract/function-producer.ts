/** What a function of the user's yields: records, or Arrow batches. */

import * as arrow from 'apache-arrow'
import { fromRecordBatch } from '../../../io/arrow/record-batch.js'
import { fromArrowSchema } from '../../../io/arrow/schema.js'
import type { Batch } from '../../../io/batch.js'
import { describeValue } from '../../../io/describe-value.js'
import { isRecord } from '../../../io/records/convert.js'
import { isRetryable, VolleyError } from '../../../planner/errors.js'
import type { SourceDefinition } from '../../../planner/pipeline/definition.js'
import { type Schema, typeName } from '../../../planner/types.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import { type UserCall, userCall } from '../user-call.js'
import { PagedProducer, type RecordPage } from './record-pages.js'
import { RecordsProducer } from './records-producer.js'
import type { ProducerSetting } from './setting.js'
import { slicesOf } from './slices.js'

export type FunctionSourceDefinition = Extract<SourceDefinition, { kind: 'function' }>

/**
 * A function of a module takes the arguments of its definition, others an empty object, and a context `{ stage, signal, position }`, and returns an iterable or async
 * iterable: of records, of arrays of records, or in mode `batch` of Arrow batches and tables.
 *
 * One with a property `resumable: true` yields `{ records, position }` instead. A resumed job calls it with the last
 * position whose records all went through; it goes on behind it.
 */
export async function openFunctionProducer(
  source: FunctionSourceDefinition,
  setting: ProducerSetting,
): Promise<Producer> {
  const call = await userCall(source.function)
  const { label } = call
  const invoke = (position: Json | null) => outputsOf(call, position, setting)
  if (call.isResumable) {
    const pages = (from: Json | null) => positionedPages(invoke(from), from, label)
    const options = { schema: source.schema, bounded: true, isResumable: true, fingerprint: { function: label } }
    return new PagedProducer(pages, options, setting)
  }
  if (source.function.mode === 'batch') return new BatchesProducer(() => invoke(null), source.schema, label, setting)
  // As with batches: what reads all of its input waits until the function has no more.
  return RecordsProducer.open(flattened(invoke(null)), source.schema, setting, true)
}

async function* outputsOf(
  { make, label }: UserCall,
  position: Json | null,
  { id, services }: ProducerSetting,
): AsyncGenerator<unknown> {
  try {
    const returned = await make({ stage: id, signal: services.signal, position })
    if (returned instanceof arrow.Table || returned instanceof arrow.RecordBatch) yield returned
    else if (isIterable(returned)) yield* returned
    else throw notIterable(returned, label)
  } catch (cause) {
    if (cause instanceof VolleyError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const details = { stage: id, ...(isRetryable(cause) ? { retryable: true } : {}) }
    throw new VolleyError('VOLLEY_USER_FUNCTION', `${label} failed: ${reason}`, details, cause)
  }
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
}

function notIterable(value: unknown, label: string): VolleyError {
  return new VolleyError(
    'VOLLEY_USER_FUNCTION',
    `${label} must return an iterable or async iterable, not ${describeValue(value)}`,
    { expected: 'an iterable', actual: describeValue(value) },
  )
}

async function* flattened(outputs: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const output of outputs) {
    if (Array.isArray(output)) yield* output
    else if (output !== null && output !== undefined) yield output
  }
}

/** The position that comes with records is where the next ones begin. */
async function* positionedPages(
  outputs: AsyncIterable<unknown>,
  start: Json | null,
  label: string,
): AsyncGenerator<RecordPage> {
  let from: Json = start
  for await (const output of outputs) {
    if (!isRecord(output) || !Array.isArray(output.records) || output.position === undefined) {
      const message = `${label} is resumable: it must yield { records, position }, not ${describeValue(output)}`
      throw new VolleyError('VOLLEY_USER_FUNCTION', message, { expected: '{ records, position }' })
    }
    const next = output.position as Json
    yield { records: output.records, from, next }
    from = next
  }
}

class BatchesProducer implements Producer {
  readonly bounded = true
  readonly isResumable = false
  readonly rows = null
  readonly fingerprint: Json

  constructor(
    private readonly outputs: () => AsyncGenerator<unknown>,
    public schema: Schema | null,
    private readonly label: string,
    private readonly setting: ProducerSetting,
  ) {
    this.fingerprint = { function: label }
  }

  async *open(): AsyncGenerator<ProducedBatch> {
    const { services, batchRows } = this.setting
    for await (const output of this.outputs()) {
      for (const given of this.recordBatches(output)) {
        const whole = this.imported(given)
        for (const { batch } of slicesOf(whole, batchRows, services)) yield { batch, position: null }
      }
    }
  }

  async close(): Promise<void> {}

  private recordBatches(output: unknown): readonly arrow.RecordBatch[] {
    if (output instanceof arrow.RecordBatch) return [output]
    if (output instanceof arrow.Table) return output.batches
    const message = `${this.label} must yield Arrow batches or tables, not ${describeValue(output)}`
    throw new VolleyError('VOLLEY_USER_FUNCTION', message, { expected: 'a RecordBatch', actual: describeValue(output) })
  }

  private imported(given: arrow.RecordBatch): Batch {
    const found = fromArrowSchema(given.schema)
    this.schema ??= found
    const describe = ({ fields }: Schema) => fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
    if (describe(found) !== describe(this.schema)) {
      const message = `${this.label} yielded columns (${describe(found)}), expected (${describe(this.schema)})`
      throw new VolleyError('VOLLEY_SCHEMA_MISMATCH', message, {
        expected: describe(this.schema),
        actual: describe(found),
      })
    }
    const { memory, allocate } = this.setting.services
    return { ...fromRecordBatch(given, memory.views, allocate), schema: this.schema }
  }
}
