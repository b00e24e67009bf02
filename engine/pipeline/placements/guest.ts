/** What runs at the other end of a guest's channel: the stage's function or operators, in a memory of their own. */

import type { Batch } from '../../../io/batch.js'
import { decodeBatch, encodeBatch } from '../../../io/ipc/batch-bytes.js'
import { packError, unreachable } from '../../../planner/errors.js'
import { createKernelContext } from '../../kernels/context.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { ENGINE, SharedMemory } from '../../memory/shared-memory.js'
import { callAtEnd, callWithBatch } from '../../operators/call.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import { errorsLeftBehind, runStage, stageFunction } from '../../workers/stage-task.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Json } from '../stage.js'
import { type Actor, makeActor } from './actor-instance.js'
import type { Asked, GuestAnswer, GuestSkills, GuestStart, SentOutput } from './guest-messages.js'

/** Address space for the batch under way; pages count once touched. */
const MEMORY_BYTES = 2 ** 31

const NO_SKILLS: GuestSkills = { isStateful: false, saves: false, takesMessages: false }

type Post = (answer: GuestAnswer, transfer: readonly ArrayBuffer[]) => void

export class Guest {
  private turn: Promise<void> = Promise.resolve()

  private constructor(
    private readonly start: GuestStart,
    private readonly context: TaskContext,
    private readonly memory: SharedMemory,
    private readonly actor: Actor | null,
    private readonly post: Post,
  ) {}

  /** Answers that it is ready, or why it cannot start. */
  static async open(start: GuestStart, post: Post): Promise<Guest | null> {
    try {
      const memory = SharedMemory.create(MEMORY_BYTES)
      const context: TaskContext = {
        ...createKernelContext(memory),
        allocate: memory.allocateFor(ENGINE),
        retain: memory.retain,
        release: memory.release,
        checkCancelled: () => {},
      }
      const actor = start.isActor && start.body.kind === 'function' ? await makeActor(start.stage, start.body) : null
      if (actor === null && start.body.kind === 'function') await stageFunction(context, start.stage, start.body)
      const guest = new Guest(start, context, memory, actor, post)
      post({ kind: 'ready', skills: actor?.skills ?? NO_SKILLS }, [])
      return guest
    } catch (error) {
      post({ kind: 'failed', id: null, error: packError(error) }, [])
      return null
    }
  }

  /** Requests are answered in order, each when those before it are. */
  receive(asked: Asked): void {
    this.turn = this.turn.then(() => this.answer(asked))
  }

  private async answer(asked: Asked): Promise<void> {
    const { id } = asked
    try {
      const { outputs, value } = await this.performed(asked)
      const sent = outputs.map((output) => this.sent(output))
      const transfer = sent.map(({ bytes }) => bytes.buffer)
      this.post({ kind: 'done', id, outputs: sent, value, rssBytes: process.memoryUsage.rss() }, transfer)
    } catch (error) {
      this.post({ kind: 'failed', id, error: packError(error) }, [])
    } finally {
      this.context.resetScratch()
    }
  }

  private async performed(asked: Asked): Promise<{ outputs: readonly CalledOutput[]; value: Json }> {
    switch (asked.kind) {
      case 'batch':
        return { outputs: await this.batch(asked.bytes, asked.known), value: null }
      case 'finish':
        return { outputs: await this.finish(asked.known), value: null }
      case 'save':
        return { outputs: [], value: (await this.actor?.save()) ?? null }
      case 'restore':
        await this.actor?.restore(asked.state)
        return { outputs: [], value: null }
      case 'message':
        return { outputs: [], value: (await this.actor?.message(asked.text)) ?? null }
      default:
        return unreachable(asked)
    }
  }

  private async batch(bytes: Uint8Array, known: KnownSchemas): Promise<readonly CalledOutput[]> {
    const { actor, context, memory, start } = this
    const batch: Batch = decodeBatch(bytes, memory.views, context.allocate)
    try {
      if (actor !== null) return await callWithBatch(context, actor.function, known, batch)
      const body = start.body.kind === 'chain' ? start.body : { ...start.body, schemas: known }
      const outputs = await runStage(context, { stage: start.stage, input: batch.schema, body }, batch)
      await errorsLeftBehind()
      return outputs
    } finally {
      releaseBatch(context, batch)
    }
  }

  private async finish(known: KnownSchemas): Promise<readonly CalledOutput[]> {
    const { actor, context } = this
    if (actor === null) return []
    return callAtEnd(context, actor.function, known, (functionContext) => actor.finish(functionContext))
  }

  private sent({ port, batch, isInferred }: CalledOutput): SentOutput {
    const { allocate, release } = this.context
    try {
      const bytes = encodeBatch(batch, { views: this.memory.views, allocate, release })
      return { port, bytes, schema: { schema: batch.schema, isInferred } }
    } finally {
      releaseBatch(this.context, batch)
    }
  }
}
