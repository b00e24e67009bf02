/** What has passed a stage so far. It survives a restart with the checkpoint. */

export interface StageCounts {
  readonly rowsIn: number
  readonly rowsOut: number
  /** Rows by port, where there are others than `main`. */
  readonly ports: Readonly<Record<string, number>>
  /** Batches that came in; of a producer, that it put out. */
  readonly batches: number
  /** Bytes of the batches that it put out; of a consumer, that came in. */
  readonly bytes: number
}

export const NO_COUNTS: StageCounts = { rowsIn: 0, rowsOut: 0, ports: {}, batches: 0, bytes: 0 }

export class StageCounter {
  private rowsIn: number
  private rowsOut: number
  private readonly ports: Record<string, number>
  private batches: number
  private bytes: number
  /** Rows of this run alone, for rates. */
  private rowsNow = 0

  constructor(
    private readonly kind: 'producer' | 'processor' | 'accumulator' | 'consumer',
    before: StageCounts = NO_COUNTS,
  ) {
    this.rowsIn = before.rowsIn
    this.rowsOut = before.rowsOut
    this.ports = { ...before.ports }
    this.batches = before.batches
    this.bytes = before.bytes
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

  /** Rows that came in, of this run alone. */
  get rowsOfRun(): number {
    return this.rowsNow
  }

  counts(): StageCounts {
    const { rowsIn, rowsOut, batches, bytes } = this
    return { rowsIn, rowsOut, ports: { ...this.ports }, batches, bytes }
  }
}
