/** Adds up the time in which something is at work, however many pieces of work overlap. */

export class BusyTime {
  private under = 0
  private since = 0
  private total: number

  /** `around` is busy whenever this is. */
  constructor(
    beforeMs = 0,
    private readonly around: BusyTime | null = null,
  ) {
    this.total = beforeMs
  }

  begin(): void {
    if (this.under++ === 0) this.since = performance.now()
    this.around?.begin()
  }

  end(): void {
    if (--this.under === 0) this.total += performance.now() - this.since
    this.around?.end()
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.begin()
    try {
      return await work()
    } finally {
      this.end()
    }
  }

  get milliseconds(): number {
    return this.under === 0 ? this.total : this.total + performance.now() - this.since
  }
}
