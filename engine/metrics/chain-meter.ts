/**
 * Measures the pieces of a chain while a worker runs it. What it found travels as one typed array:
 *
 *     | source | step 0 | ... | step n - 1 | end | bytes read | CPU ms | wait ms |
 *        each: rows, bytes, batches that it put out; bytes of the largest of them; busy ms
 *
 * The end puts nothing out: its rows are those of the last step.
 */

import type { Batch, MemoryViews } from '../../io/batch.js'
import { batchBytes } from './batch-bytes.js'
import { measureUsage, type TaskUsage } from './task-usage.js'

const ROWS = 0
const BYTES = 1
const BATCHES = 2
const LARGEST = 3
const BUSY = 4
const FIELDS = 5
const TAIL = 3

/** What a piece of a chain put out, and how long it worked. */
export interface PieceMetrics {
  readonly rows: number
  readonly bytes: number
  readonly batches: number
  readonly largestBytes: number
  readonly busyMs: number
}

export class ChainMeter {
  private readonly values: Float64Array
  private readonly tail: number
  private readonly usage: () => TaskUsage

  /** The chain's task was posted at `sentAt` of `clockMs`. */
  constructor(
    private readonly views: MemoryViews,
    steps: number,
    sentAt: number,
  ) {
    this.usage = measureUsage(sentAt)
    this.tail = (steps + 2) * FIELDS
    this.values = new Float64Array(this.tail + TAIL)
  }

  /** Counts a batch that a piece put out; piece 0 is the source, piece i the step before step i. */
  passed(piece: number, batch: Batch): void {
    const { values } = this
    const at = piece * FIELDS
    const bytes = batchBytes(this.views, batch)
    values[at + ROWS] += batch.length
    values[at + BYTES] += bytes
    values[at + BATCHES]++
    values[at + LARGEST] = Math.max(values[at + LARGEST], bytes)
  }

  /** Adds the time since `began`, by `performance.now()`, to a piece. */
  worked(piece: number, began: number): void {
    this.values[piece * FIELDS + BUSY] += performance.now() - began
  }

  /** `bytesRead`: of files, by all morsels. */
  finish(bytesRead: number): Float64Array {
    const { cpuMs, waitMs } = this.usage()
    this.values[this.tail] = bytesRead
    this.values[this.tail + 1] = cpuMs
    this.values[this.tail + 2] = waitMs
    return this.values
  }
}

/** What a `ChainMeter` found: the pieces in order, the end last. */
export function readChainMetrics(values: Float64Array): {
  readonly pieces: readonly PieceMetrics[]
  readonly bytesRead: number
  readonly cpuMs: number
  readonly waitMs: number
} {
  const tail = values.length - TAIL
  const pieces = Array.from({ length: tail / FIELDS }, (_, piece): PieceMetrics => {
    const at = piece * FIELDS
    return {
      rows: values[at + ROWS],
      bytes: values[at + BYTES],
      batches: values[at + BATCHES],
      largestBytes: values[at + LARGEST],
      busyMs: values[at + BUSY],
    }
  })
  return { pieces, bytesRead: values[tail], cpuMs: values[tail + 1], waitMs: values[tail + 2] }
}
