/** Passes progress on to those who asked for it. What fails there ends the run. */

import { VolleyError } from '../../../planner/errors.js'
import type { EngineListeners } from '../../events.js'
import type { PhaseProgress, ProgressListener, StageProgress } from './events.js'

export interface ProgressOptions {
  readonly onProgress?: (event: StageProgress) => void
  readonly onPhase?: (event: PhaseProgress) => void
}

export class ProgressCalls implements ProgressListener {
  private readonly controller = new AbortController()
  private failed: VolleyError | null = null

  constructor(
    private readonly options: ProgressOptions,
    private readonly listeners: EngineListeners,
  ) {}

  /** Aborted when a call has failed. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** VOLLEY_USER_FUNCTION if a call has failed. */
  get failure(): VolleyError | null {
    return this.failed
  }

  readonly stage = (event: StageProgress): void => {
    this.listeners.emit('stage', event)
    this.call('onProgress', this.options.onProgress, event)
  }

  readonly phase = (event: PhaseProgress): void => {
    this.listeners.emit('phase', event)
    this.call('onPhase', this.options.onPhase, event)
  }

  private call<T>(name: string, listener: ((event: T) => void) | undefined, event: T): void {
    if (listener === undefined || this.failed !== null) return
    try {
      listener(event)
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      this.failed = new VolleyError('VOLLEY_USER_FUNCTION', `${name} failed: ${message}`, {}, cause)
      this.controller.abort(this.failed)
    }
  }
}
