/** Writes what a run rejects to a file while the run goes on. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import { VolleyError } from '../../../planner/errors.js'
import type { RunOptions } from '../../../planner/run-options.js'
import type { Engine } from '../../session.js'
import type { OutputArguments, RunArguments } from '../command-line/request.js'
import { UsageError } from '../command-line/usage-error.js'
import { checkOutput, writeOutput } from './write-output.js'

/** Records that may wait for the file. */
const WAITING_RECORDS = 10_000

/** Refuses a file for rejects that cannot be one beside the output. */
export function checkRejects({ rejects }: RunArguments, output: string | null): void {
  if (rejects === null) return
  checkOutput(rejects, plainOutput(false))
  if (output !== null && resolve(rejects) === resolve(output)) {
    throw new UsageError(`--rejects and the output are the same file: ${rejects}`)
  }
}

/**
 * Starts a run with what its arguments say about failures. The file of rejects is there in the end if the run has
 * succeeded or some were rejected before it failed.
 */
export async function recovering<T>(
  engine: Engine,
  { rejects: path, maxRejects, retries }: RunArguments,
  { overwrite }: OutputArguments,
  signal: AbortSignal,
  start: (options: RunOptions) => Promise<T>,
): Promise<T> {
  const retrying: RunOptions = retries === undefined ? {} : { retries: { count: retries } }
  if (path === null) return start(retrying)
  if (!overwrite && existsSync(path)) {
    throw new VolleyError('VOLLEY_OUTPUT_EXISTS', `${path} exists already; give --overwrite to replace it`, { path })
  }
  const { REJECT_COLUMNS } = await import('../../recovery/rejected-record.js')
  const waiting = new WaitingRecords()
  const dropped = new AbortController()
  const written = writeOutput(engine.fromRecords(waiting, REJECT_COLUMNS), path, plainOutput(overwrite), {
    strategy: 'row',
    signal: AbortSignal.any([signal, dropped.signal]),
  })
  written.catch((error: unknown) => {
    if (!dropped.signal.aborted) waiting.fail(error)
  })
  const limit: RunOptions = maxRejects === undefined ? {} : { maxRejects }
  try {
    const result = await start({ ...retrying, ...limit, rejects: (batch) => waiting.add(batch) })
    waiting.end()
    await written
    return result
  } catch (error) {
    waiting.end()
    if (waiting.count === 0) dropped.abort(error)
    await Promise.allSettled([written])
    throw waiting.failure ?? error
  }
}

function plainOutput(overwrite: boolean): OutputArguments {
  return { compression: undefined, rowGroupSize: undefined, partitionBy: [], overwrite }
}

/** Records between the run that rejects them and the run that writes them. */
class WaitingRecords implements AsyncIterable<unknown> {
  failure: unknown = null
  count = 0
  private readonly records: unknown[] = []
  private ended = false
  private wake: () => void = () => {}

  /** Resolves when more may be added. Throws what the writing has failed with. */
  async add(batch: RecordBatch): Promise<void> {
    for (const row of batch) this.records.push(row.toJSON())
    this.count += batch.numRows
    this.wake()
    while (this.records.length > WAITING_RECORDS && this.failure === null) await new Promise(setImmediate)
    if (this.failure !== null) throw this.failure
  }

  end(): void {
    this.ended = true
    this.wake()
  }

  fail(error: unknown): void {
    this.failure ??= error
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    for (;;) {
      yield* this.records.splice(0)
      if (this.ended && this.records.length === 0) return
      if (this.records.length === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
      }
    }
  }
}
