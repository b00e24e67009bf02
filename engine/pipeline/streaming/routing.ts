/** Sends the rows of a processor's output to the ports whose conditions they meet. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch, retainBatch } from '../../../io/block-sharing.js'
import type { SharedMemory } from '../../memory/shared-memory.js'
import type { Output, StageWork } from '../stage.js'

/** A port, and what keeps the rows that belong to it. */
export interface Route {
  readonly port: string
  readonly filter: StageWork
}

export interface RouteCondition {
  readonly port: string
  /** SQL: true of the rows of the port, and of no other. */
  readonly condition: string
}

/** A row goes to the first route whose condition is true, or else to `main`. */
export function routeConditions(routes: readonly { readonly port: string; readonly when: string }[]): RouteCondition[] {
  const taken: string[] = []
  const conditions = routes.map(({ port, when }) => {
    const condition = [...taken.map((earlier) => `not ${earlier}`), isTrue(when)].join(' and ')
    taken.push(isTrue(when))
    return { port, condition }
  })
  return [...conditions, { port: 'main', condition: taken.map((earlier) => `not ${earlier}`).join(' and ') }]
}

function isTrue(condition: string): string {
  return `coalesce((${condition}), false)`
}

/** A work whose main output is divided among ports. */
export class RoutedWork implements StageWork {
  constructor(
    private readonly work: StageWork,
    private readonly routes: readonly Route[],
    private readonly memory: Pick<SharedMemory, 'retain' | 'release'>,
  ) {}

  get concurrency(): number {
    return this.work.concurrency
  }

  get due(): number | null {
    return this.work.due
  }

  get checkpointed(): StageWork['checkpointed'] {
    return this.work.checkpointed
  }

  async process(batch: Batch): Promise<readonly Output[]> {
    return this.route(await this.work.process(batch))
  }

  async finish(): Promise<readonly Output[]> {
    return this.route(await this.work.finish())
  }

  async tick(): Promise<readonly Output[]> {
    return this.route(await this.work.tick())
  }

  async close(): Promise<void> {
    await this.work.close()
    for (const { filter } of this.routes) await filter.close()
  }

  private async route(outputs: readonly Output[]): Promise<readonly Output[]> {
    const routed = await Promise.all(
      outputs.map(async (output) => (output.port === 'main' ? await this.divide(output.batch) : [output])),
    )
    return routed.flat()
  }

  private async divide(batch: Batch): Promise<readonly Output[]> {
    try {
      const divided = await Promise.all(
        this.routes.map(async ({ port, filter }) => {
          const kept = await filter.process(retainBatch(this.memory, batch))
          return kept.map((output) => ({ ...output, port: output.port === 'main' ? port : output.port }))
        }),
      )
      return divided.flat()
    } finally {
      releaseBatch(this.memory, batch)
    }
  }
}
