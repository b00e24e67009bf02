/** Messages to the actors of a running pipeline's stages. */

import { VolleyError } from '../../planner/errors.js'
import type { Json } from './stage.js'

/** Tells all actors of a stage; what they answer, in their order. */
export type TellActors = (text: string) => Promise<readonly Json[]>

export class StageMessages {
  private readonly listeners = new Map<string, Set<TellActors>>()
  private readonly waiting = new Set<() => void>()
  private isOver = false

  /** Has messages to a stage come to its actors, until the function that it returns is called. */
  listen(stage: string, tell: TellActors): () => void {
    const listeners = this.listeners.get(stage) ?? new Set()
    this.listeners.set(stage, listeners.add(tell))
    this.wake()
    return () => listeners.delete(tell)
  }

  /**
   * Waits until the stage has actors. A stage with several functions has actors for each: the answers of those come one
   * after the other.
   *
   * @throws VolleyError VOLLEY_INVALID_ARGUMENT if the run ends, or has ended, without; VOLLEY_UNSUPPORTED if the actors take
   * no messages
   */
  async send(stage: string, text: string): Promise<readonly Json[]> {
    for (;;) {
      const listeners = [...(this.listeners.get(stage) ?? [])]
      if (listeners.length > 0) return (await Promise.all(listeners.map((tell) => tell(text)))).flat()
      if (this.isOver) {
        throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `stage '${stage}' has no actors that run`, { stage })
      }
      await new Promise<void>((resolve) => this.waiting.add(resolve))
    }
  }

  /** Says that no more actors will come. */
  end(): void {
    this.isOver = true
    this.wake()
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }
}
