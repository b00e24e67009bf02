/**
 * Runs the stages of a flat pipeline at once, consumers opened first, connected by bounded queues. Tables of stages have
 * been read before.
 */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import { InternalError, VolleyError } from '../../../planner/errors.js'
import type {
  AccumulatorStage,
  ConsumerStage,
  ProcessorStage,
  ProducerStage,
} from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import type { QueuePeak } from '../progress/peaks.js'
import type { PhaseClocks } from '../progress/phases.js'
import type { ProgressSource, StageView } from '../progress/view.js'
import type { PipelineServices } from '../services.js'
import type { Consumer, ConsumerResult, Producer, StageState, StageWork } from '../stage.js'
import { Accumulator } from './accumulator.js'
import { Barriers, type Cut, type CutKeeper } from './barriers.js'
import { StageCounter, type StageCounts } from './counts.js'
import { StreamGraph } from './graph.js'
import { Inbox } from './inbox.js'
import { Outlet } from './outlet.js'
import { Edge, QueueBudget } from './queue.js'
import { ConsumerRunner } from './run-consumer.js'
import { ProducerRunner } from './run-producer.js'
import { WorkRunner } from './run-work.js'
import { inStage, naming, stageOf } from './stage-error.js'

/** What stages are made of. */
export interface StageParts {
  producer(stage: ProducerStage): Promise<Producer>
  work(stage: ProcessorStage): Promise<StageWork>
  consumer(stage: ConsumerStage): Promise<Consumer>
}

/** Where cuts are kept, and what is known from an earlier run of the job. */
export interface StreamCheckpoint extends CutKeeper<unknown> {
  /** Where the job goes on; null: from the start. */
  readonly from: Cut<StageState> | null
  /** Consumers that an earlier run of the job has finished. */
  readonly finished: Readonly<Record<string, ConsumerResult>>
  /** Epochs begin after so many batches of all producers, or so many milliseconds. */
  readonly every: { readonly batches: number | null; readonly milliseconds: number | null }
  consumerFinished(stage: string, result: ConsumerResult): Promise<void>
}

export interface StreamSetting {
  readonly parts: StageParts
  readonly services: PipelineServices
  readonly checkpoint: StreamCheckpoint | null
  /** Batches that a producer extracts before any is passed on; null: each at once. */
  readonly chunk: number | null
  readonly clocks: PhaseClocks
}

export type StageStatus = 'done' | 'failed' | 'skipped' | 'aborted'

export interface StreamedStage {
  readonly id: string
  readonly kind: FlatStage['kind']
  readonly status: StageStatus
  readonly counts: StageCounts
  /** Before it; null of producers. */
  readonly queuePeak: QueuePeak | null
  /** Of a consumer that is done. */
  readonly result: ConsumerResult | null
  readonly error: unknown
  /** The failed stage for which it was skipped or aborted. */
  readonly because: string | null
}

interface Node {
  readonly stage: FlatStage
  readonly counter: StageCounter
  readonly outlet: Outlet
  readonly inbox: Inbox | null
  readonly edges: readonly Edge[]
  runner: { fail(reason: unknown): void; go(): Promise<void> } | null
  rows: number | null
  hasBegun: boolean
  status: StageStatus | null
  error: unknown
  because: string | null
  result: ConsumerResult | null
}

/** The part of the shared memory that batches in queues may take. */
const QUEUE_SHARE = 1 / 4

export class StreamRun implements ProgressSource {
  private readonly graph: StreamGraph
  private readonly nodes: ReadonlyMap<string, Node>
  private readonly producers = new Map<string, Producer>()
  private readonly works = new Map<string, StageWork>()
  private readonly consumers = new Map<string, Consumer>()
  private readonly budget: QueueBudget
  private barriers: Barriers<unknown> | null = null
  private failure: { readonly reason: unknown } | null = null
  private batches = 0
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly setting: StreamSetting,
  ) {
    const { services } = setting
    this.graph = new StreamGraph(pipeline.stages)
    this.budget = new QueueBudget(pipeline.maxMemory ?? services.memory.limit * QUEUE_SHARE)
    this.nodes = this.connect()
  }

  /** What the stages have done so far. */
  view(): readonly StageView[] {
    return [...this.nodes.values()].map((node) => {
      const { stage, counter, inbox, rows, hasBegun } = node
      const { durationMs: _, busyMs: __, ...counts } = counter.counts()
      return {
        id: stage.id,
        kind: stage.kind,
        status: statusOf(node) ?? (hasBegun ? 'running' : 'waiting'),
        ...counts,
        rowsOfRun: counter.rowsOfRun,
        rowsDone: counts.rowsIn,
        totalRows: rows,
        queued: inbox?.length ?? 0,
        queueCapacity: inbox?.capacity ?? 0,
        strategy: null,
      }
    })
  }

  get queuedBytes(): number {
    return this.budget.bytes
  }

  get queuedPeakBytes(): number {
    return this.budget.peakBytes
  }

  /** What became of the stages, when the run has ended. */
  stages(): readonly StreamedStage[] {
    const failed = [...this.nodes.values()].find(({ status }) => status === 'failed')
    return [...this.nodes.values()].map((node) => reportOf(node, failed?.stage.id ?? null))
  }

  /** Throws the first error, unless independent parts are to go on; then it is in the result. */
  async run(): Promise<readonly StreamedStage[]> {
    const { services, checkpoint } = this.setting
    const cancelled = () => this.failAll(cancellation(services))
    services.signal.addEventListener('abort', cancelled, { once: true })
    try {
      if (services.signal.aborted) cancelled()
      await this.open()
      await Promise.all([...this.nodes.values()].map((node) => this.go(node)))
      await this.finish()
      return this.stages()
    } catch (error) {
      this.failAll(error)
      const reason = this.failure?.reason ?? error
      this.blame(reason)
      throw reason
    } finally {
      services.signal.removeEventListener('abort', cancelled)
      if (this.timer !== null) clearInterval(this.timer)
      for (const { edges } of this.nodes.values()) for (const edge of edges) edge.discard()
      // A job that goes on must not find this one still at work.
      await this.barriers?.idle()
      await this.close(checkpoint !== null)
    }
  }

  private connect(): ReadonlyMap<string, Node> {
    const { memory } = this.setting.services
    const release = (batch: Batch) => releaseBatch(memory, batch)
    const edges = new Map<string, Edge[]>()
    const readers = new Map<string, Map<string, Edge[]>>()
    for (const stage of this.pipeline.stages) {
      edges.set(
        stage.id,
        stage.inputs.map((input) => {
          const edge = new Edge(stage.id, stage.queue, this.budget, release)
          const ports = readers.get(input.stage) ?? new Map<string, Edge[]>()
          readers.set(input.stage, ports)
          ports.set(input.port, [...(ports.get(input.port) ?? []), edge])
          return edge
        }),
      )
    }
    const { from } = this.setting.checkpoint ?? { from: null }
    return new Map(
      this.graph.sourcesFirst().map((stage) => {
        const before = from?.producers[stage.id] ?? from?.works[stage.id] ?? from?.consumers[stage.id]
        const counter = new StageCounter(stage.kind, before?.counts, this.setting.clocks.of(stage.kind))
        const inputs = edges.get(stage.id)!
        const node: Node = {
          stage,
          counter,
          outlet: new Outlet(readers.get(stage.id) ?? new Map(), { ...memory, views: memory.views }, counter),
          inbox: stage.kind === 'producer' ? null : new Inbox(inputs),
          edges: inputs,
          runner: null,
          rows: null,
          hasBegun: false,
          status: null,
          error: null,
          because: null,
          result: this.setting.checkpoint?.finished[stage.id] ?? null,
        }
        return [stage.id, node] as const
      }),
    )
  }

  /** Opens the stages, those that read before those that are read. */
  private async open(): Promise<void> {
    const from = this.setting.checkpoint?.from ?? null
    for (const node of [...this.nodes.values()].reverse()) {
      await naming(node.stage.id, () => this.openStage(node, from))
      this.checkFailure()
    }
    const { checkpoint } = this.setting
    const counters = (ids: ReadonlyMap<string, unknown>) =>
      new Map([...ids.keys()].map((id) => [id, this.node(id).counter] as const))
    const barriers = new Barriers(
      {
        producers: counters(this.producers),
        works: counters(this.works),
        consumers: new Map(
          [...this.consumers].map(([id, consumer]) => [id, { consumer, counter: this.node(id).counter }]),
        ),
      },
      checkpoint,
      from?.epoch ?? 0,
      () => this.setting.clocks.times(),
      () => {
        this.batches = 0
      },
    )
    this.barriers = barriers
    for (const node of this.nodes.values()) this.prepareRunner(node, barriers, from)
    const milliseconds = checkpoint?.every.milliseconds ?? null
    if (milliseconds !== null) this.timer = setInterval(() => barriers.request(), milliseconds)
  }

  private async openStage({ stage, result }: Node, from: Cut<StageState> | null): Promise<void> {
    const { parts, services } = this.setting
    switch (stage.kind) {
      case 'producer': {
        const producer = await parts.producer(stage)
        this.producers.set(stage.id, producer)
        this.node(stage.id).rows = producer.rows
        return
      }
      case 'processor':
      case 'accumulator': {
        const work = stage.kind === 'processor' ? await parts.work(stage) : accumulatorOf(stage, services)
        this.works.set(stage.id, work)
        const held = from?.works[stage.id]?.held ?? null
        if (held !== null) await work.checkpointed?.restore(held)
        if (work.onRetry !== undefined) work.onRetry = this.node(stage.id).counter.retried
        if (work.rejected !== undefined) this.node(stage.id).counter.countRejected(() => work.rejected ?? 0)
        return
      }
      case 'consumer': {
        if (result !== null) return
        const consumer = await parts.consumer(stage)
        this.consumers.set(stage.id, consumer)
        this.node(stage.id).counter.countRejected(() => consumer.rejected ?? 0)
        await consumer.open(from?.consumers[stage.id]?.state ?? null)
      }
    }
  }

  private prepareRunner(node: Node, barriers: Barriers<unknown>, from: Cut<StageState> | null): void {
    const { stage, counter, outlet, inbox } = node
    const { id } = stage
    const { services, chunk } = this.setting
    const { context } = services.run
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
      const { batchSize } = this.pipeline
      const { busy } = counter
      const onBatch = () => this.count()
      const runner = new ProducerRunner({ id, producer, outlet, barriers, context, batchSize, chunk, busy, onBatch })
      node.runner = { fail: (reason) => runner.fail(reason), go: () => runner.go(at?.position ?? null) }
    } else if (work !== undefined) {
      if (from?.works[id]?.ended === true) {
        barriers.workEnded(id)
        outlet.mark({ kind: 'end' })
        return
      }
      const retries = work.onRetry === undefined ? stage.retries : null
      node.runner = new WorkRunner({ id, work, inbox: inbox!, outlet, barriers, counter, context, retries })
    } else if (consumer !== undefined) {
      node.runner = new ConsumerRunner({ id, consumer, inbox: inbox!, barriers, counter })
    }
  }

  private async go(node: Node): Promise<void> {
    const { id } = node.stage
    try {
      this.checkFailure()
      node.hasBegun = true
      node.counter.begin()
      await node.runner?.go()
      node.status ??= 'done'
    } catch (error) {
      this.failStage(node, inStage(id, error))
    } finally {
      node.counter.end()
      // What still comes, comes for nobody.
      for (const edge of node.edges) edge.discard()
    }
  }

  private count(): void {
    const every = this.setting.checkpoint?.every.batches ?? null
    if (++this.batches >= (every ?? Number.POSITIVE_INFINITY)) this.barriers?.request()
  }

  private failStage(node: Node, error: unknown): void {
    if (node.status === 'skipped' || node.status === 'failed') return
    const goesOn = this.pipeline.onFailure === 'continue' && this.setting.checkpoint === null
    if (!goesOn || this.failure !== null) {
      const isFirst = this.failure === null && !this.setting.services.signal.aborted
      node.status = isFirst ? 'failed' : 'aborted'
      node.error = isFirst ? error : null
      this.failAll(error)
      return
    }
    for (const id of this.graph.withReaders(node.stage.id)) {
      const other = this.node(id)
      const isSame = other === node
      if (!isSame && other.status !== null && other.status !== 'done') continue
      other.status = isSame ? 'failed' : 'skipped'
      other.error = isSame ? error : null
      other.because = isSame ? null : node.stage.id
      for (const edge of other.edges) edge.discard()
      other.runner?.fail(error)
      this.barriers?.remove(id)
    }
  }

  /** Ends everything. */
  private failAll(reason: unknown): void {
    if (this.failure !== null) return
    this.failure = { reason }
    this.barriers?.fail(reason)
    for (const { runner, edges } of this.nodes.values()) {
      for (const edge of edges) edge.abort(reason)
      runner?.fail(reason)
    }
    this.setting.services.run.stop()
  }

  /** Marks the stage that an error is of, if no stage has failed. */
  private blame(error: unknown): void {
    if ([...this.nodes.values()].some(({ status }) => status === 'failed')) return
    if (!(error instanceof VolleyError) || error.code === 'VOLLEY_ABORTED') return
    const node = this.nodes.get(stageOf(error) ?? '')
    if (node === undefined) return
    node.status = 'failed'
    node.error = error
  }

  /** Makes the outputs of all consumers appear. */
  private async finish(): Promise<void> {
    this.checkFailure()
    const { checkpoint } = this.setting
    const barriers = this.barriers!
    // No epoch may begin any more beside the last one, whose consumers finish.
    if (this.timer !== null) clearInterval(this.timer)
    if (checkpoint !== null) {
      await barriers.settled()
      barriers.request()
      await barriers.settled()
    }
    for (const [id, consumer] of this.consumers) {
      const node = this.node(id)
      if (node.status !== 'done') continue
      node.result = await node.counter.busy.during(() => naming(id, () => consumer.finish()))
      node.counter.end()
      if (checkpoint !== null) await checkpoint.consumerFinished(id, node.result)
      this.consumers.delete(id)
    }
  }

  private async close(keep: boolean): Promise<void> {
    const closing = [
      ...[...this.consumers.values()].map((consumer) => consumer.abort(keep)),
      ...[...this.works.values()].map((work) => work.close()),
      ...[...this.producers.values()].map((producer) => producer.close()),
    ]
    await Promise.allSettled(closing)
  }

  private checkFailure(): void {
    if (this.failure !== null) throw this.failure.reason
  }

  private node(id: string): Node {
    const node = this.nodes.get(id)
    if (node === undefined) throw new InternalError(`no stage ${id} runs`)
    return node
  }
}

function accumulatorOf(stage: AccumulatorStage, { run }: PipelineServices): StageWork {
  return new Accumulator(stage, run.context)
}

function cancellation({ run }: PipelineServices): unknown {
  try {
    run.throwIfCancelled()
  } catch (error) {
    return error
  }
  return new VolleyError('VOLLEY_ABORTED', 'the run was aborted')
}

/** Null while it may go on. */
function statusOf({ stage, status, result }: Node): StageStatus | null {
  return status === 'done' && stage.kind === 'consumer' && result === null ? null : status
}

function reportOf(node: Node, failed: string | null): StreamedStage {
  const { stage, counter, inbox, error, because, result } = node
  const status = statusOf(node) ?? 'aborted'
  return {
    id: stage.id,
    kind: stage.kind,
    status,
    counts: counter.counts(),
    queuePeak: inbox?.peak ?? null,
    result,
    error,
    because: because ?? (status === 'aborted' ? failed : null),
  }
}
