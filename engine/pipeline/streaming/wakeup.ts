/** Lets one task sleep until another wakes it. A wake-up while nobody sleeps counts for the next sleep. */

export class Wakeup {
  private isDue = false
  private sleeper: (() => void) | null = null

  wake(): void {
    this.isDue = true
    this.sleeper?.()
  }

  /** Resolves when woken, or at `until`, in milliseconds of `performance.now()`. One sleeper at a time. */
  async sleep(until: number | null = null): Promise<void> {
    if (this.isDue) {
      this.isDue = false
      return
    }
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.sleeper = resolve
      if (until !== null) timer = setTimeout(resolve, Math.max(0, Math.min(until - performance.now(), LONGEST_MS)))
    })
    clearTimeout(timer)
    this.sleeper = null
    this.isDue = false
  }
}

/** Beyond this a timer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1
