/** The parts of a stream's stages, from when they are opened until they are closed. */

import { unreachable } from '../../../planner/errors.js'
import type { Consumer, Producer, StageWork } from '../stage.js'
import { Accumulator } from './accumulator.js'
import { Barriers } from './barriers.js'
import { ConsumerRunner } from './run-consumer.js'
import { ProducerRunner } from './run-producer.js'
import { WorkRunner } from './run-work.js'
import type { RunningStage, StreamSetting } from './running-stage.js'
import { naming } from './stage-error.js'

/** What those who move batches tell the run. */
export interface StreamEvents {
  /** A producer has put out a batch. */
  onBatch(): void
  /** All consumers have what came before a barrier. */
  onEpoch(): void
}

export class OpenStages {
  private readonly producers = new Map<string, Producer>()
  private readonly works = new Map<string, StageWork>()
  private readonly consumers = new Map<string, Consumer>()

  constructor(
    private readonly nodes: ReadonlyMap<string, RunningStage>,
    private readonly setting: StreamSetting,
    /** Rows of the batches that producers put out. */
    private readonly batchSize: number,
  ) {}

  /** Opens a stage, where an earlier run of the job has left it. */
  async open(running: RunningStage): Promise<void> {
    const { parts, services, checkpoint } = this.setting
    const { stage, counter, result } = running
    const from = checkpoint?.from ?? null
    switch (stage.kind) {
      case 'producer': {
        const producer = await parts.producer(stage)
        this.producers.set(stage.id, producer)
        running.rows = producer.rows
        if (producer.onRetry !== undefined) producer.onRetry = counter.retried
        return
      }
      case 'processor':
      case 'accumulator': {
        const work: StageWork =
          stage.kind === 'processor' ? await parts.work(stage) : new Accumulator(stage, services.run.context)
        this.works.set(stage.id, work)
        const held = from?.works[stage.id]?.held ?? null
        if (held !== null) await work.checkpointed?.restore(held)
        if (work.onRetry !== undefined) work.onRetry = counter.retried
        if (work.rejected !== undefined) counter.countRejected(() => work.rejected ?? 0)
        return
      }
      case 'consumer': {
        if (result !== null) return
        const consumer = await parts.consumer(stage)
        this.consumers.set(stage.id, consumer)
        counter.countRejected(() => consumer.rejected ?? 0)
        await consumer.open(from?.consumers[stage.id]?.state ?? null)
        return
      }
      default:
        return unreachable(stage)
    }
  }

  /** Gives each open stage its runner, once all are open. */
  prepare({ onBatch, onEpoch }: StreamEvents): Barriers<unknown> {
    const { checkpoint, clocks } = this.setting
    const epoch = checkpoint?.from?.epoch ?? 0
    const barriers = new Barriers(this.participants(), checkpoint, epoch, () => clocks.times(), onEpoch)
    for (const running of this.nodes.values()) this.prepareRunner(running, barriers, onBatch)
    return barriers
  }

  /** Makes the outputs of all consumers that are done appear, one after the other. */
  async finish(): Promise<void> {
    const { checkpoint } = this.setting
    for (const [id, consumer] of this.consumers) {
      const { status, counter } = this.nodes.get(id)!
      if (status !== 'done') continue
      const result = await counter.busy.during(() => naming(id, () => consumer.finish()))
      this.nodes.get(id)!.result = result
      counter.end()
      if (checkpoint !== null) await checkpoint.consumerFinished(id, result)
      this.consumers.delete(id)
    }
  }

  /** Consumers that have not finished leave nothing behind, but with `keep` what a resumed job needs. */
  async close(keep: boolean): Promise<void> {
    const closing = [
      ...[...this.consumers.values()].map((consumer) => consumer.abort(keep)),
      ...[...this.works.values()].map((work) => work.close()),
      ...[...this.producers.values()].map((producer) => producer.close()),
    ]
    await Promise.allSettled(closing)
  }

  private participants() {
    const counters = (ids: ReadonlyMap<string, unknown>) =>
      new Map([...ids.keys()].map((id) => [id, this.nodes.get(id)!.counter] as const))
    return {
      producers: counters(this.producers),
      works: counters(this.works),
      consumers: new Map(
        [...this.consumers].map(([id, consumer]) => [id, { consumer, counter: this.nodes.get(id)!.counter }] as const),
      ),
    }
  }

  private prepareRunner(running: RunningStage, barriers: Barriers<unknown>, onBatch: () => void): void {
    const { stage, counter, outlet, inbox } = running
    const { id } = stage
    const { services, chunk, checkpoint } = this.setting
    const { context } = services.run
    const from = checkpoint?.from ?? null
    const producer = this.producers.get(id)
    const work = this.works.get(id)
    const consumer = this.consumers.get(id)
    if (producer !== undefined) {
      const at = from?.producers[id]
      if (at?.ended === true) {
        barriers.producerEnded(id)
        outlet.mark({ kind: 'end' })
        return
      }
      const { batchSize } = this
      const { busy } = counter
      const runner = new ProducerRunner({ id, producer, outlet, barriers, context, batchSize, chunk, busy, onBatch })
      running.runner = { fail: (reason) => runner.fail(reason), go: () => runner.go(at?.position ?? null) }
    } else if (work !== undefined) {
      if (from?.works[id]?.ended === true) {
        barriers.workEnded(id)
        outlet.mark({ kind: 'end' })
        return
      }
      const retries = work.onRetry === undefined ? stage.retries : null
      running.runner = new WorkRunner({ id, work, inbox: inbox!, outlet, barriers, counter, context, retries })
    } else if (consumer !== undefined) {
      running.runner = new ConsumerRunner({ id, consumer, inbox: inbox!, barriers, counter })
    }
  }
}
