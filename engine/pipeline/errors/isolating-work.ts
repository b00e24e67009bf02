/**
 * A work that goes on without the records that it fails for. A batch that fails is done again in parts until the records to
 * blame are found; outputs and failures come in the order of the input.
 */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch, retainBatch } from '../../../io/block-sharing.js'
import type { VolleyError } from '../../../planner/errors.js'
import type { RetryOptions } from '../../../planner/run-options.js'
import { isPassing, Retries } from '../../recovery/retries.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Json, Output, StageState, StageWork } from '../stage.js'
import { failedRecord } from './dead-letter.js'
import { isolate, isRecordFault, partOf } from './record-faults.js'
import type { StageErrors } from './stage-errors.js'
import { StepFailure } from './step-work.js'

export class IsolatingWork implements StageWork {
  readonly checkpointed = { save: () => this.save(), restore: (state: StageState) => this.restore(state) }
  onRetry = (): void => {}
  private readonly retries: Retries
  /** What came before has been counted. */
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly work: StageWork,
    private readonly errors: StageErrors,
    retries: RetryOptions | null,
    private readonly context: TaskContext,
  ) {
    this.retries = new Retries(retries ?? { count: 0 }, Math.random, mayPass)
  }

  get concurrency(): number {
    return this.work.concurrency
  }

  get due(): number | null {
    return this.work.due
  }

  get rejected(): number {
    return this.errors.failed
  }

  process(batch: Batch): Promise<readonly Output[]> {
    const attempt = this.attempt(batch, 0, batch.length)
    const before = this.last
    const done = this.settled(batch, attempt, before)
    this.last = done.then(() => undefined)
    // Whoever waits for the outputs is told.
    this.last.catch(() => undefined)
    return done
  }

  async finish(): Promise<readonly Output[]> {
    await this.last
    const outputs = await unwrapping(() => this.work.finish())
    await this.errors.sync()
    return outputs
  }

  tick(): Promise<readonly Output[]> {
    return unwrapping(() => this.work.tick())
  }

  close(): Promise<void> {
    return this.work.close()
  }

  /** In its turn, counts what passed, or finds what did not. */
  private async settled(batch: Batch, attempt: Promise<Attempt>, before: Promise<void>): Promise<readonly Output[]> {
    const outputs: Output[] = []
    try {
      const [made, earlier] = await Promise.allSettled([attempt, before])
      if (made.status === 'fulfilled') outputs.push(...made.value.outputs)
      if (earlier.status === 'rejected') throw earlier.reason
      if (made.status === 'rejected') throw made.reason
      if (made.value.failure === null) this.errors.passed(batch.length)
      else await this.isolate(batch, made.value.failure, outputs)
      return outputs
    } catch (error) {
      for (const output of outputs) releaseBatch(this.context, output.batch)
      throw error
    } finally {
      releaseBatch(this.context, batch)
    }
  }

  private async isolate(batch: Batch, failure: Failure, outputs: Output[]): Promise<void> {
    const before = this.errors.records
    let { step } = failure
    await isolate(0, batch.length, failure.error, {
      attempt: async (start, length) => {
        const made = await this.attempt(batch, start, length)
        outputs.push(...made.outputs)
        if (made.failure === null) this.errors.passed(length)
        else step = made.failure.step
        return made.failure?.error ?? null
      },
      failed: (row, error) =>
        this.errors.reject(failedRecord(this.context.memory, batch, row, { before, step, error })),
    })
  }

  /** Fails for what is no fault of records. */
  private async attempt(batch: Batch, start: number, length: number): Promise<Attempt> {
    const { context } = this
    const part = partOf(context, batch, start, length)
    try {
      const outputs = await this.retries.run(() => this.work.process(retainBatch(context, part)), {
        checkCancelled: context.checkCancelled,
        onRetry: () => this.onRetry(),
      })
      return { outputs, failure: null }
    } catch (thrown) {
      const { step, error } = thrown instanceof StepFailure ? thrown : { step: '', error: thrown }
      if (!isRecordFault(error)) throw error
      return { outputs: [], failure: { step, error } }
    } finally {
      releaseBatch(context, part)
    }
  }

  private async save(): Promise<StageState> {
    await this.errors.sync()
    const inner = (await this.work.checkpointed?.save()) ?? null
    const state: Json = { errors: this.errors.save(), work: inner === null ? null : { state: inner.state } }
    return { state, batches: inner?.batches ?? [] }
  }

  private async restore({ state, batches }: StageState): Promise<void> {
    const { errors, work } = state as unknown as { errors: Json; work: { state: Json } | null }
    this.errors.restore(errors)
    if (work !== null) await this.work.checkpointed?.restore({ state: work.state, batches })
  }
}

/** How many records had failed when a work or a consumer said what it holds. */
export function failedBefore(state: Json): number {
  const { errors } = (state ?? {}) as { readonly errors?: { readonly failed?: number } | null }
  return errors?.failed ?? 0
}

function mayPass(error: unknown): boolean {
  return isPassing(error instanceof StepFailure ? error.error : error)
}

async function unwrapping(work: () => Promise<readonly Output[]>): Promise<readonly Output[]> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof StepFailure ? error.error : error
  }
}

interface Failure {
  readonly step: string
  readonly error: VolleyError
}

interface Attempt {
  readonly outputs: readonly Output[]
  readonly failure: Failure | null
}
