/** Counts rows that are left out one after the other, some of them before the others are known. */

export class RefusedStreak {
  /** Rows that were left out before, in order. */
  private readonly before: number[] = []
  private compared = 0
  private last: number | null = null
  private count = 0

  /** Says that a row was left out before rows were moved; in order. */
  absent(row: number): void {
    this.before.push(row)
  }

  /** Says that a row was refused as it was moved, and returns how many were left out up to it without a gap; in order. */
  refused(row: number): number {
    const { last } = this
    let skipped = 0
    for (; this.compared < this.before.length && this.before[this.compared] < row; this.compared++) {
      if (last !== null && this.before[this.compared] > last) skipped++
    }
    const passed = last === null ? 1 : row - last - 1 - skipped
    this.count = passed === 0 ? this.count + skipped + 1 : 1
    this.last = row
    return this.count
  }

  /** Says that all rows that were moved are known. */
  end(): void {
    this.before.length = 0
    this.compared = 0
    this.last = null
    this.count = 0
  }
}
