/**
 * Several works as one: what one puts out by `main`, the next takes in, in the order of the batches that came in, whichever
 * was done first. Other outputs leave at once.
 */

import type { Batch } from '../../../io/batch.js'
import type { Json, Output, StageState, StageWork } from '../stage.js'

/** What the next work was given of a batch, and gives; other outputs among it. */
interface Given {
  readonly outputs: readonly Promise<readonly Output[]>[]
}

export class SequencedWork implements StageWork {
  readonly checkpointed = { save: () => this.save(), restore: (state: StageState) => this.restore(state) }
  /** By work: settles when the batches so far have been given to it. */
  private readonly given: Promise<unknown>[]

  /** There is at least one. */
  constructor(private readonly works: readonly StageWork[]) {
    this.given = works.map(() => Promise.resolve())
  }

  get concurrency(): number {
    return Math.min(...this.works.map((work) => work.concurrency))
  }

  get due(): number | null {
    const times = this.works.flatMap((work) => work.due ?? [])
    return times.length === 0 ? null : Math.min(...times)
  }

  process(batch: Batch): Promise<readonly Output[]> {
    let outputs = this.works[0].process(batch)
    for (let next = 1; next < this.works.length; next++) outputs = this.passInTurn(outputs, next)
    return outputs
  }

  async finish(): Promise<readonly Output[]> {
    const outputs: Output[] = []
    for (const [index, work] of this.works.entries()) outputs.push(...(await this.pass(await work.finish(), index + 1)))
    return outputs
  }

  async tick(): Promise<readonly Output[]> {
    const outputs: Output[] = []
    const now = performance.now()
    for (const [index, work] of this.works.entries()) {
      if (work.due === null || work.due > now) continue
      outputs.push(...(await this.pass(await work.tick(), index + 1)))
    }
    return outputs
  }

  async close(): Promise<void> {
    await Promise.all(this.works.map((work) => work.close()))
  }

  /** To be called in the order of the batches. */
  private async passInTurn(made: Promise<readonly Output[]>, next: number): Promise<readonly Output[]> {
    const given = this.giveInTurn(made, this.given[next], next)
    this.given[next] = given.catch(() => undefined)
    return (await Promise.all((await given).outputs)).flat()
  }

  /** Resolves when the work has all of it, and can be given what comes behind. */
  private async giveInTurn(made: Promise<readonly Output[]>, before: Promise<unknown>, next: number): Promise<Given> {
    // What failed is told when it is its turn.
    made.catch(() => undefined)
    await before
    const outputs = await made
    const results: Promise<readonly Output[]>[] = []
    for (const output of outputs) {
      if (output.port !== 'main') {
        results.push(Promise.resolve([output]))
        continue
      }
      const result = this.works[next].process(output.batch)
      results.push(result)
      // As many as came in are under way, not as many as they became.
      if (outputs.length > 1) await result
    }
    return { outputs: results }
  }

  /** The same for what comes when no batch is under way. */
  private async pass(outputs: readonly Output[], from: number): Promise<readonly Output[]> {
    let current = outputs
    for (const work of this.works.slice(from)) {
      const next: Output[] = []
      for (const output of current) {
        if (output.port === 'main') next.push(...(await work.process(output.batch)))
        else next.push(output)
      }
      current = next
    }
    return current
  }

  private async save(): Promise<StageState> {
    const saved = await Promise.all(this.works.map(async (work) => (await work.checkpointed?.save()) ?? null))
    const states: Json = saved.map((one) => (one === null ? null : { state: one.state, batches: one.batches.length }))
    return { state: states, batches: saved.flatMap((one) => one?.batches ?? []) }
  }

  private async restore({ state, batches }: StageState): Promise<void> {
    const left = [...batches]
    const states = state as readonly ({ readonly state: Json; readonly batches: number } | null)[]
    for (const [index, one] of states.entries()) {
      if (one === null) continue
      await this.works[index].checkpointed?.restore({ state: one.state, batches: left.splice(0, one.batches) })
    }
  }
}
