/** The stage's end of a guest's channel, whatever carries it: requests, and the promises of their answers. */

import { InternalError, unpackError, unreachable } from '../../../planner/errors.js'
import type { Asked, GuestAnswer, GuestRequest, GuestSkills } from './guest-messages.js'

type Done = Extract<GuestAnswer, { kind: 'done' }>

interface Settle {
  readonly resolve: (answer: Done) => void
  readonly reject: (error: unknown) => void
}

/** Why a guest is gone; the stage says what that means. */
export class GuestEnded extends Error {
  override readonly name = 'GuestEnded'

  constructor(
    /** As part of a sentence: `ended with exit code 3`. */
    readonly how: string,
    readonly exitCode: number | null,
    readonly signal: string | null,
    cause?: unknown,
  ) {
    super(how, cause === undefined ? undefined : { cause })
  }
}

export class GuestChannel {
  /** Resolves when the guest can take requests, rejects if it cannot start. */
  readonly ready: Promise<GuestSkills>
  private readonly unanswered = new Map<number, Settle>()
  private settleReady: { resolve: (skills: GuestSkills) => void; reject: (error: unknown) => void }
  private asked = 0
  private over: GuestEnded | null = null

  constructor(private readonly send: (asked: Asked, transfer: readonly ArrayBuffer[]) => void) {
    let settle: GuestChannel['settleReady'] | null = null
    this.ready = new Promise((resolve, reject) => {
      settle = { resolve, reject }
    })
    // Seen by whoever waits for it; nobody may.
    this.ready.catch(() => {})
    if (settle === null) throw new InternalError('a promise did not begin')
    this.settleReady = settle
  }

  /** Throws what the guest threw, or GuestEnded. */
  async ask(request: GuestRequest, transfer: readonly ArrayBuffer[] = []): Promise<Done> {
    if (this.over !== null) throw this.over
    const id = ++this.asked
    const answer = new Promise<Done>((resolve, reject) => this.unanswered.set(id, { resolve, reject }))
    this.send({ ...request, id }, transfer)
    return answer
  }

  receive(answer: GuestAnswer): void {
    switch (answer.kind) {
      case 'ready':
        this.settleReady.resolve(answer.skills)
        break
      case 'done':
        this.take(answer.id)?.resolve(answer)
        break
      case 'failed': {
        const asked = answer.id === null ? this.settleReady : this.take(answer.id)
        asked?.reject(unpackError(answer.error))
        break
      }
      default:
        unreachable(answer)
    }
  }

  private take(id: number): Settle | undefined {
    const settle = this.unanswered.get(id)
    this.unanswered.delete(id)
    return settle
  }

  /** The guest is gone: nothing is answered any more. */
  end(reason: GuestEnded): void {
    if (this.over !== null) return
    this.over = reason
    this.settleReady.reject(reason)
    for (const { reject } of this.unanswered.values()) reject(reason)
    this.unanswered.clear()
  }

  get hasEnded(): boolean {
    return this.over !== null
  }
}
