/**
 * Runs the stages of a flat pipeline at once, connected by bounded queues. They are opened and started in the order of the
 * pipeline's plan, sinks first. Tables of stages have been read before.
 */

import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { FlatPipeline } from '../../../planner/pipeline/flatten.js'
import type { ProgressSource, StageView } from '../progress/view.js'
import type { PipelineServices } from '../services.js'
import type { Barriers } from './barriers.js'
import { connectStages } from './connect-stages.js'
import { inStartOrder, StreamGraph } from './graph.js'
import { OpenStages } from './open-stages.js'
import { QueueBudget } from './queue.js'
import { outcomeOf, type RunningStage, type StreamedStage, type StreamSetting, viewOf } from './running-stage.js'
import { inStage, naming, stageOf } from './stage-error.js'

/** The part of the shared memory that batches in queues may take. */
const QUEUE_SHARE = 1 / 4

export class StreamRun implements ProgressSource {
  private readonly graph: StreamGraph
  /** In the order in which they start. */
  private readonly nodes: ReadonlyMap<string, RunningStage>
  private readonly opened: OpenStages
  private readonly budget: QueueBudget
  private barriers: Barriers<unknown> | null = null
  private failure: { readonly reason: unknown } | null = null
  private batches = 0
  private timer: NodeJS.Timeout | null = null

  /** `pipeline` has all stages of the plan or some, and stages beside it that read them. */
  constructor(
    private readonly pipeline: FlatPipeline,
    plan: ExecutionPlan,
    private readonly setting: StreamSetting,
  ) {
    const { stages, maxMemory, batchSize } = pipeline
    this.graph = new StreamGraph(stages)
    this.budget = new QueueBudget(maxMemory ?? setting.services.memory.limit * QUEUE_SHARE)
    this.nodes = connectStages(inStartOrder(stages, plan), setting, this.budget)
    this.opened = new OpenStages(this.nodes, setting, batchSize)
  }

  /** What the stages have done so far. */
  view(): readonly StageView[] {
    return [...this.nodes.values()].map(viewOf)
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
    return [...this.nodes.values()].map((node) => outcomeOf(node, failed?.stage.id ?? null))
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
      await this.opened.close(checkpoint !== null)
    }
  }

  /** Opens the stages one by one, so that what a stage reads never begins without it. */
  private async open(): Promise<void> {
    for (const node of this.nodes.values()) {
      await naming(node.stage.id, () => this.opened.open(node))
      this.checkFailure()
    }
    const barriers = this.opened.prepare({
      onBatch: () => this.count(),
      onEpoch: () => {
        this.batches = 0
      },
    })
    this.barriers = barriers
    const milliseconds = this.setting.checkpoint?.every.milliseconds ?? null
    if (milliseconds !== null) this.timer = setInterval(() => barriers.request(), milliseconds)
  }

  private async go(node: RunningStage): Promise<void> {
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

  private failStage(node: RunningStage, error: unknown): void {
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

  private async finish(): Promise<void> {
    this.checkFailure()
    const barriers = this.barriers!
    // No epoch may begin any more beside the last one, whose consumers finish.
    if (this.timer !== null) clearInterval(this.timer)
    if (this.setting.checkpoint !== null) {
      await barriers.settled()
      barriers.request()
      await barriers.settled()
    }
    await this.opened.finish()
  }

  private checkFailure(): void {
    if (this.failure !== null) throw this.failure.reason
  }

  private node(id: string): RunningStage {
    const node = this.nodes.get(id)
    if (node === undefined) throw new InternalError(`no stage ${id} runs`)
    return node
  }
}

function cancellation({ run }: PipelineServices): unknown {
  try {
    run.throwIfCancelled()
  } catch (error) {
    return error
  }
  return new VolleyError('VOLLEY_ABORTED', 'the run was aborted')
}
