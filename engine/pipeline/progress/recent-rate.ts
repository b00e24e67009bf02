/** Rows in a second, over the last few seconds. */

const WINDOW_MS = 3000

export class RecentRate {
  /** Rows so far at times in milliseconds, oldest first. */
  private readonly points: { readonly at: number; readonly rows: number }[] = []

  /** Times must not decrease. */
  add(at: number, rows: number): void {
    this.points.push({ at, rows })
    // The point before the window stays, so that the window is whole.
    while (this.points.length > 2 && this.points[1].at <= at - WINDOW_MS) this.points.shift()
  }

  /** 0 until there are two points. */
  get rowsPerSecond(): number {
    const [first] = this.points
    const last = this.points.at(-1)
    if (first === undefined || last === undefined || last.at <= first.at) return 0
    return ((last.rows - first.rows) / (last.at - first.at)) * 1000
  }
}
