/** Resident memory of a process that streams a generated input of any length to Parquet. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** From the harness to the process. */
export interface FlatMemoryRequest {
  readonly rows: number
  readonly threads: number
  readonly output: string
}

export interface Sample {
  readonly milliseconds: number
  readonly rows: number
  readonly residentBytes: number
}

export type FlatMemoryMessage =
  | { readonly samples: readonly Sample[]; readonly rows: number; readonly milliseconds: number }
  | { readonly failure: string }

export interface FlatMemoryResult {
  readonly rows: number
  readonly milliseconds: number
  readonly samples: readonly Sample[]
  /** The mean of the last quarter by that of the second: 1 is flat. Null of streams too short for samples in both. */
  readonly growth: number | null
  readonly peakBytes: number
}

const CHILD = fileURLToPath(new URL('./flat-memory-child.js', import.meta.url))

export async function measureFlatMemory(request: FlatMemoryRequest): Promise<FlatMemoryResult> {
  const child = fork(CHILD, [JSON.stringify(request)], { execArgv: [] })
  const ended = once(child, 'exit')
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [FlatMemoryMessage | number | null]
  await ended
  if (typeof message !== 'object' || message === null) throw new Error(`the process ended with exit code ${message}`)
  if ('failure' in message) throw new Error(message.failure)
  const { rows, milliseconds, samples } = message
  const [second, last] = [meanOf(samples, rows, 0.25, 0.5), meanOf(samples, rows, 0.75, 1)]
  return {
    rows,
    milliseconds,
    samples,
    growth: second === null || last === null ? null : last / second,
    peakBytes: Math.max(...samples.map(({ residentBytes }) => residentBytes)),
  }
}

/** Of the samples between two parts of the rows; null without any. */
function meanOf(samples: readonly Sample[], rows: number, from: number, to: number): number | null {
  const within = samples.filter((sample) => sample.rows >= rows * from && sample.rows <= rows * to)
  if (within.length === 0) return null
  return within.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / within.length
}
