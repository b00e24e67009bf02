/** Listens for the end of a run; there may be as many listeners as stages. */

import { setMaxListeners } from 'node:events'

/** The function that it returns ends the listening. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  // More than ten are no leak.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
