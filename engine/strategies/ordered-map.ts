/** Runs work on the items of a sequence, several at once, and yields the results in the order of the items. */

/**
 * Keeps up to `window()` items in flight, at least one, also while the consumer is busy with a result. When it stops early, for an
 * error or because the consumer has enough, it lets what is in flight settle and passes each unused result to `discard`.
 */
export async function* orderedMap<T, R>(
  items: AsyncIterable<T>,
  window: () => number,
  start: (item: T, ordinal: number) => Promise<R>,
  discard: (result: R) => void,
  /** Called when an item or a result failed: what is in flight may end early. */
  fail: () => void = () => {},
): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]()
  const inFlight: Promise<R>[] = []
  let ordinal = 0
  let exhausted = false
  try {
    for (;;) {
      while (!exhausted && inFlight.length < window()) {
        const next = await source.next()
        if (next.done === true) exhausted = true
        else {
          const result = start(next.value, ordinal++)
          // A rejection is seen when its turn comes; until then it must not count as unhandled.
          result.catch(() => {})
          inFlight.push(result)
        }
      }
      const head = inFlight[0]
      if (head === undefined) return
      const result = await head
      inFlight.shift()
      yield result
    }
  } catch (error) {
    fail()
    throw error
  } finally {
    for (const settled of await Promise.allSettled(inFlight)) if (settled.status === 'fulfilled') discard(settled.value)
    if (!exhausted) await source.return?.()
  }
}
