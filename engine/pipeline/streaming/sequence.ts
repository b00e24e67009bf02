/** Several works as one: what one puts out by `main`, the next takes in. Other outputs leave at once. */

import type { Batch } from '../../../io/batch.js'
import type { Json, Output, StageState, StageWork } from '../stage.js'

export class SequencedWork implements StageWork {
  readonly checkpointed = { save: () => this.save(), restore: (state: StageState) => this.restore(state) }

  /** There is at least one. */
  constructor(private readonly works: readonly StageWork[]) {}

  get concurrency(): number {
    return Math.min(...this.works.map((work) => work.concurrency))
  }

  get due(): number | null {
    const times = this.works.flatMap((work) => work.due ?? [])
    return times.length === 0 ? null : Math.min(...times)
  }

  process(batch: Batch): Promise<readonly Output[]> {
    return this.pass([{ port: 'main', batch }], 0)
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
