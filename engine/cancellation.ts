/** Waits for what may never come, such as the promise of a user's function or the next record of a slow producer. */

const POLL_MS = 20

/** Settles as `promise` does, or rejects with what `checkCancelled` throws, if it throws before. */
export async function unlessCancelled<T>(promise: PromiseLike<T>, checkCancelled: () => void): Promise<T> {
  let poll: NodeJS.Timeout | undefined
  const cancelled = new Promise<never>((_, reject) => {
    poll = setInterval(() => {
      try {
        checkCancelled()
      } catch (error) {
        reject(error)
      }
    }, POLL_MS)
  })
  try {
    return await Promise.race([promise, cancelled])
  } finally {
    clearInterval(poll)
  }
}

/** Waits for a promise, but not for longer than `milliseconds`, and does not throw. */
export async function settledWithin(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([promise.catch(() => undefined), late])
  clearTimeout(timer)
}
