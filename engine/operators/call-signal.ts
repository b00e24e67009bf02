/** An AbortSignal for a function that runs where only a word in memory tells that the run was cancelled. */

const POLL_MS = 20

export class CallSignal {
  private controller: AbortController | null = null
  private poll: NodeJS.Timeout | undefined

  constructor(private readonly checkCancelled: () => void) {}

  /** Watched from when it is first asked for, since most functions never do. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      const controller = new AbortController()
      this.controller = controller
      const check = () => {
        try {
          this.checkCancelled()
        } catch (reason) {
          this.end()
          controller.abort(reason)
        }
      }
      this.poll = setInterval(check, POLL_MS).unref()
      check()
    }
    return this.controller.signal
  }

  end(): void {
    clearInterval(this.poll)
  }
}
