/** What has passed a stage so far, and the time that it took. It survives a restart with the checkpoint. */

import type { StageKind } from '../../../planner/pipeline/definition.js'
import { BusyTime } from '../progress/busy-time.js'

export interface StageCounts {
  readonly rowsIn: number
  readonly rowsOut: number
  /** Rows by port, where there are others than `main`. */
  readonly ports: Readonly<Record<string, number>>
  /** Batches that came in; of a producer, that it put out. */
  readonly batches: number
  /** Bytes of the batches that it put out; of a consumer, that came in. */
  readonly bytes: number
  /** From its beginning to its end. */
  readonly durationMs: number
  /** In which it was at work; the rest of the duration it waited for input, for room behind it, or for barriers. */
  readonly busyMs: number
  /** Pieces of work that were done again. */
  readonly retries: number
  /** Records that were left out. */
  readonly rejected: number
}

export const NO_COUNTS: StageCounts = {
  rowsIn: 0,
  rowsOut: 0,
  ports: {},
  batches: 0,
  bytes: 0,
  durationMs: 0,
  busyMs: 0,
  retries: 0,
  rejected: 0,
}

export class StageCounter {
  readonly busy: BusyTime
  private rowsIn: number
  private rowsOut: number
  private readonly ports: Record<string, number>
  private batches: number
  private bytes: number
  private retries: number
  private rejected: () => number
  /** Rows of this run alone, for rates. */
  private rowsNow = 0
  private began: number | null = null
  private ended: number | null = null

  /** `phase` is busy when the stage is. */
  constructor(
    private readonly kind: StageKind,
    private readonly before: StageCounts = NO_COUNTS,
    phase: BusyTime | null = null,
  ) {
    this.busy = new BusyTime(before.busyMs, phase)
    this.rowsIn = before.rowsIn
    this.rowsOut = before.rowsOut
    this.ports = { ...before.ports }
    this.batches = before.batches
    this.bytes = before.bytes
    this.retries = before.retries
    this.rejected = () => before.rejected
  }

  begin(): void {
    this.began ??= performance.now()
  }

  end(): void {
    this.ended = performance.now()
  }

  takeIn(rows: number, bytes: number): void {
    this.rowsIn += rows
    this.rowsNow += rows
    this.batches++
    if (this.kind === 'consumer') {
      this.bytes += bytes
      this.rowsOut += rows
    }
  }

  putOut(port: string, rows: number, bytes: number): void {
    this.rowsOut += rows
    this.bytes += bytes
    this.ports[port] = (this.ports[port] ?? 0) + rows
    if (this.kind !== 'producer') return
    this.batches++
    this.rowsIn += rows
    this.rowsNow += rows
  }

  readonly retried = (): void => {
    this.retries++
  }

  /** Takes the records that were left out from who knows, with those of earlier runs. */
  countRejected(read: () => number): void {
    this.rejected = read
  }

  /** Rows that came in, of this run alone. */
  get rowsOfRun(): number {
    return this.rowsNow
  }

  counts(): StageCounts {
    const { rowsIn, rowsOut, batches, bytes, retries, before, began, ended } = this
    const durationMs = before.durationMs + (began === null ? 0 : (ended ?? performance.now()) - began)
    return {
      rowsIn,
      rowsOut,
      ports: { ...this.ports },
      batches,
      bytes,
      durationMs,
      busyMs: Math.min(durationMs, this.busy.milliseconds),
      retries,
      rejected: this.rejected(),
    }
  }
}
