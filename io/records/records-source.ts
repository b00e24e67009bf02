/** Reads JavaScript objects from an iterable or an async iterable. */

import { isRetryable, VolleyError } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import { projectSchema, RowBatches } from '../row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from '../source.js'
import { isRecord } from './convert.js'
import { inferSchema } from './infer.js'
import { recordValue } from './row.js'

export type Records = Iterable<unknown> | AsyncIterable<unknown>

const SAMPLE_ROWS = 1000
/** A producer that pauses for longer is asked for no more records to infer a schema from: the rest may take for ever. */
const SAMPLE_PAUSE_MS = 1000
/** How long the first row of a batch waits for others to come, so that a slow producer's records are seen soon. */
const LINGER_MS = 50
/** Rows of the first batch of a producer that never pauses, where rows are wanted soon; later ones grow. */
const PROMPT_ROWS = 1024

/**
 * Arrays and other iterables that start anew can be read by several runs; generators and async iterables only once, the
 * second run fails with VOLLEY_INVALID_ARGUMENT.
 */
export class RecordsSource implements Source {
  readonly format = 'records'
  readonly label = 'records'
  readonly bounded: boolean
  readonly isRepeatable: boolean
  private used = false

  private constructor(
    readonly id: number,
    readonly schema: Schema,
    private readonly records: Records,
    /** Where inference left off, if the records cannot be read again. */
    private readonly rest: PeekedRecords | null,
    /** What inference saw, or null if other fields are ignored. */
    private readonly sample: Sample | null,
  ) {
    this.bounded = !(Symbol.asyncIterator in records)
    this.isRepeatable = isReusable(records)
  }

  /** Without a `schema`, infers one from the first 1,000 records, or from those that came before a pause. */
  static async open(id: number, records: Records, schema: Schema | null): Promise<RecordsSource> {
    if (schema !== null) return new RecordsSource(id, schema, records, null, null)
    const peeked = new PeekedRecords(iteratorOf(records))
    const sample = await peeked.peek(SAMPLE_ROWS)
    const inferred = inferSchema(sample)
    if (inferred.fields.length === 0) {
      throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'no columns found in the records: give a schema')
    }
    const seen: Sample = { names: new Set(inferred.fields.map((f) => f.name)), records: sample.length }
    if (!isReusable(records)) return new RecordsSource(id, inferred, records, peeked, seen)
    await peeked.return()
    return new RecordsSource(id, inferred, records, null, seen)
  }

  estimate(): ScanEstimate {
    return { rows: Array.isArray(this.records) ? this.records.length : null, bytes: null, rowGroups: null }
  }

  async *morsels(request: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    if (this.used && !this.isRepeatable) {
      throw new VolleyError(
        'VOLLEY_INVALID_ARGUMENT',
        'these records come from an iterator, which can be read only once',
      )
    }
    this.used = true
    const schema = projectSchema(this.schema, request.columns)
    const batches = new RowBatches(schema, target)
    const records = this.rest ?? new PeekedRecords(iteratorOf(this.records))
    try {
      let row = 0
      let wanted = request.isPrompt === true ? PROMPT_ROWS : Number.POSITIVE_INFINITY
      for (;;) {
        const step = await records.next(batches.pending > 0, request.isPrompt === true)
        if (step === 'later') {
          target.checkCancelled()
          if (batches.pending > 0) yield batches.take()
        } else if (step.done) break
        else {
          this.refuseUnknown(step.value, row)
          batches.append((column) => recordValue(step.value, schema.fields[column], row))
          row++
          if (batches.full || batches.pending >= wanted) {
            wanted *= 2
            yield batches.take()
          }
        }
      }
      if (batches.pending > 0) yield batches.take()
    } finally {
      await records.return()
    }
  }

  async close(): Promise<void> {
    await this.rest?.return()
  }

  /** With an inferred schema, a key that the sample did not have would be lost in silence. */
  private refuseUnknown(record: unknown, row: number): void {
    if (this.sample === null || !isRecord(record)) return
    const { names, records } = this.sample
    for (const name of Object.keys(record)) {
      if (!names.has(name)) {
        throw new VolleyError(
          'VOLLEY_BAD_RECORD',
          `record ${row} has a field ${name} that the first ${records} records lack: give a schema`,
          { row, column: name },
        )
      }
    }
  }
}

/** The records that a schema was inferred from. */
interface Sample {
  readonly names: ReadonlySet<string>
  readonly records: number
}

type RecordIterator = Iterator<unknown> | AsyncIterator<unknown>

function iteratorOf(records: Records): RecordIterator {
  return Symbol.asyncIterator in records ? records[Symbol.asyncIterator]() : records[Symbol.iterator]()
}

/** True if iterating again starts from the first record again. */
function isReusable(records: Records): boolean {
  if (Symbol.asyncIterator in records) return false
  return (records[Symbol.iterator]() as unknown) !== records
}

/** An iterator of which the first records were looked at already. */
class PeekedRecords {
  private readonly peeked: unknown[] = []
  private position = 0
  private done = false
  private waiting: Promise<IteratorResult<unknown>> | null = null
  private deadline: Promise<'later'> | null = null
  private wasImpatient = false
  /** How many records came. */
  private count = 0

  constructor(private readonly iterator: RecordIterator) {}

  /** The first records: `most`, or fewer where the producer pauses behind the last. */
  async peek(most: number): Promise<readonly unknown[]> {
    while (this.peeked.length < most && !this.done) {
      const step = this.advance()
      const result = step instanceof Promise ? await this.beforePause(step) : step
      if (result === 'later') break
      if (result.done) this.done = true
      else this.peeked.push(result.value)
    }
    return this.peeked
  }

  /**
   * The next record; `later` if none came for a while, counted since `impatient` changed: the next call waits on. If
   * `prompt`, the while of the impatient is a turn of the event loop.
   */
  next(impatient: boolean, prompt = false): IteratorResult<unknown> | Promise<IteratorResult<unknown> | 'later'> {
    if (this.position < this.peeked.length) return { done: false, value: this.peeked[this.position++] }
    if (this.done) return { done: true, value: undefined }
    const step = this.waiting ?? this.advance()
    if (!(step instanceof Promise)) return step
    this.waiting = step
    if (!impatient || !this.wasImpatient) this.deadline = null
    this.wasImpatient = impatient
    this.deadline ??= new Promise((resolve) => {
      if (impatient && prompt) setImmediate(resolve, 'later')
      else setTimeout(resolve, LINGER_MS, 'later').unref()
    })
    return Promise.race([this.arrived(step), this.deadline])
  }

  /** Lets the producer clean up; safe to call again. */
  async return(): Promise<void> {
    if (this.done) return
    this.done = true
    this.peeked.length = 0
    const returned = Promise.resolve(this.iterator.return?.())
    // A generator that is waiting for its input cannot return before that comes, which may be never.
    if (this.waiting === null) await returned
    else returned.catch(() => undefined)
  }

  /** The step, or `later` if it takes too long; the first record is waited for. */
  private async beforePause(step: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown> | 'later'> {
    this.waiting = step
    if (this.peeked.length === 0) return this.arrived(step)
    let timer: NodeJS.Timeout | undefined
    const pause = new Promise<'later'>((resolve) => {
      timer = setTimeout(resolve, SAMPLE_PAUSE_MS, 'later')
    })
    return Promise.race([this.arrived(step), pause]).finally(() => clearTimeout(timer))
  }

  /** The producer's next step. Throws VOLLEY_USER_FUNCTION where it throws. */
  private advance(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    try {
      const step = this.iterator.next()
      this.count++
      return step instanceof Promise ? step.catch((cause) => this.fail(cause, this.count - 1)) : step
    } catch (cause) {
      return this.fail(cause, this.count)
    }
  }

  private fail(cause: unknown, row: number): never {
    if (cause instanceof VolleyError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const details = { row, ...(isRetryable(cause) && { retryable: true }) }
    throw new VolleyError('VOLLEY_USER_FUNCTION', `the records failed at record ${row}: ${reason}`, details, cause)
  }

  private async arrived(step: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    const result = await step
    this.waiting = null
    if (result.done) this.done = true
    return result
  }
}
