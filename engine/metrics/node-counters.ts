/** What a run has measured of one node under one strategy. */

import type { NodeMeasurement } from '../../planner/profile.js'

export class NodeCounters {
  rowsIn = 0
  rowsOut = 0
  bytesIn = 0
  bytesOut = 0
  batches = 0
  timeMs = 0
  waitMs = 0
  cpuMs = 0
  peakBytes = 0
  retries = 0
  spilledBytes = 0

  constructor(
    readonly node: number,
    readonly strategy: string,
  ) {}

  addInput(rows: number, bytes: number): void {
    this.rowsIn += rows
    this.bytesIn += bytes
  }

  addOutput(rows: number, bytes: number, batches: number): void {
    this.rowsOut += rows
    this.bytesOut += bytes
    this.batches += batches
  }

  hold(bytes: number): void {
    this.peakBytes = Math.max(this.peakBytes, bytes)
  }

  /** As it is now. */
  read(): NodeMeasurement {
    return { ...this }
  }
}
