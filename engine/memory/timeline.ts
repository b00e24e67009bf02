/** The memory of a run over time, thinned so that it stays short however long the run is. */

import type { MemoryPoint } from '../../planner/run-options.js'

const MOST_POINTS = 200
const FIRST_INTERVAL_MS = 10

export class MemoryTimeline {
  private list: MemoryPoint[] = []
  private intervalMs = FIRST_INTERVAL_MS

  get points(): readonly MemoryPoint[] {
    return this.list
  }

  /** Points come in the order of their time. Of those within one interval, the highest stays. */
  add(point: MemoryPoint): void {
    const last = this.list.at(-1)
    if (last !== undefined && this.isSameInterval(last, point)) {
      if (point.rssBytes > last.rssBytes) this.list[this.list.length - 1] = point
      return
    }
    this.list.push(point)
    if (this.list.length > MOST_POINTS) this.thin()
  }

  private isSameInterval(a: MemoryPoint, b: MemoryPoint): boolean {
    return Math.floor(a.atMs / this.intervalMs) === Math.floor(b.atMs / this.intervalMs)
  }

  private thin(): void {
    const before = this.list
    this.list = []
    this.intervalMs *= 2
    for (const point of before) this.add(point)
  }
}
