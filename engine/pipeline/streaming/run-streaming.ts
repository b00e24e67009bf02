/** Runs a pipeline in the modes `streaming` and `hybrid`, with a checkpoint if one is asked for. */

import { resolve } from 'node:path'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import { expandedGraphOf } from '../../../planner/graph/pipeline-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import type { ConsumerStage, PipelineDefinition, ProducerStage } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { JobFileConsumer } from '../checkpoint/files/file-consumer.js'
import { SpooledConsumer } from '../checkpoint/spooled-consumer.js'
import { DeadLetters, runName } from '../errors/dead-letters.js'
import { failedBefore } from '../errors/isolating-work.js'
import { isCostly } from '../extract/costly.js'
import { LiveRows } from '../extract/live-rows.js'
import { openShared } from '../extract/shared-producer.js'
import type { ExtractedInputs } from '../full/extracted-inputs.js'
import { checkTarget } from '../load/check-target.js'
import { type ConsumerSetting, openConsumer } from '../load/open-consumer.js'
import type { PhaseProgress, StageProgress } from '../progress/events.js'
import type { MemoryPeaks } from '../progress/peaks.js'
import { NO_TIMES, PhaseClocks } from '../progress/phases.js'
import { ProgressTeller } from '../progress/teller.js'
import { type PhaseReport, phaseReports } from '../progress/view.js'
import type { CheckpointReport, DeadLetterFile, StageReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import type { Consumer, Json, Producer } from '../stage.js'
import { closeTables, collectTables, streamedStages, type Tables } from './collected-tables.js'
import { tableKey } from './graph.js'
import { type CheckpointOptions, Job } from './job.js'
import { openProcessor, readsAccumulatorsAlone } from './processor.js'
import { RowlessSchemas } from './rowless-schemas.js'
import type { StageParts, StreamCheckpoint } from './running-stage.js'
import { naming, stageOf } from './stage-error.js'
import { finishedReports, stageReports } from './stage-reports.js'
import { StreamRun } from './stream-run.js'

/** Batches that a producer extracts before any of them is transformed, in mode `hybrid`. */
const CHUNK_BATCHES = 16
const KEEP_ALIVE_MS = 60_000

export interface StreamingOptions {
  /** What `now()` is. */
  readonly startedAt: Date
  readonly checkpoint: CheckpointOptions | null
  readonly onProgress?: (event: StageProgress) => void
  readonly onPhase?: (event: PhaseProgress) => void
  /** What other runs read, too. */
  readonly extracted?: ExtractedInputs | null
}

export interface StreamingOutcome {
  /** Failed only if independent parts were to go on; otherwise the first failure is thrown. */
  readonly status: 'done' | 'failed' | 'aborted'
  readonly stages: readonly StageReport[]
  readonly phases: readonly PhaseReport[]
  readonly peaks: MemoryPeaks
  /** Files and tables. */
  readonly outputs: readonly string[]
  readonly deadLetters: readonly DeadLetterFile[]
  readonly checkpoint: CheckpointReport | null
}

/**
 * The order in which the stages start.
 * @throws VolleyError VOLLEY_INVALID_GRAPH
 */
export function startPlanOf(definition: PipelineDefinition): ExecutionPlan {
  return new PlanGenerator(expandedGraphOf(definition)).streamingPlan()
}

export class Streaming {
  private readonly progress: ProgressTeller
  private readonly producers = new Map<string, Producer>()
  private readonly runs: StreamRun[] = []
  /** What feeds tables and streams, by stage. */
  private readonly live = new Map<string, LiveRows>()
  private clocks = new PhaseClocks()
  private job: Job | null = null
  private letters: DeadLetters | null = null
  private readonly rowless: RowlessSchemas
  /** Of a run that failed. */
  private written: readonly DeadLetterFile[] = []

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly plan: ExecutionPlan,
    private readonly services: PipelineServices,
    private readonly options: StreamingOptions,
  ) {
    this.rowless = new RowlessSchemas(pipeline, services, () => this.startedAt(this.job))
    const { onProgress: stage = () => {}, onPhase: phase = () => {} } = options
    const isHeard = options.onProgress !== undefined || options.onPhase !== undefined
    this.progress = new ProgressTeller(pipeline, services.memory, () => this.clocks, isHeard ? { stage, phase } : null)
  }

  async run(): Promise<StreamingOutcome> {
    // What stages wait for, threads and servers, may not keep the process alive by itself.
    const alive = setInterval(() => {}, KEEP_ALIVE_MS)
    try {
      return await this.runJob()
    } finally {
      clearInterval(alive)
      this.progress.finish('aborted')
    }
  }

  /** What became of a run that failed with `error`. */
  failed(error: unknown): StreamingOutcome {
    const isAborted = this.services.signal.aborted
    const failed = isAborted ? null : stageOf(error)
    return { ...this.outcome(isAborted ? 'aborted' : 'failed', failed), outputs: [], deadLetters: this.written }
  }

  private outcome(status: StreamingOutcome['status'], failed: string | null) {
    const streamed = this.runs.map((run) => run.stages())
    const stages = stageReports(this.pipeline, streamed, failed)
    return {
      status,
      stages,
      phases: phaseReports(this.pipeline, stages, this.clocks.times()),
      peaks: this.progress.peaks,
      outputs: streamed.flat().flatMap(({ result }) => result?.outputs ?? []),
      checkpoint: this.job?.report() ?? null,
    }
  }

  private async runJob(): Promise<StreamingOutcome> {
    const { checkpoint } = this.options
    if (checkpoint === null) return this.stream(null)
    try {
      const inputs = await this.openProducers()
      const job = await Job.open(this.pipeline, inputs, checkpoint, this.services)
      this.job = job
      try {
        return job.isFinished ? this.finishedBefore(job) : await this.stream(job)
      } finally {
        await job.close()
      }
    } finally {
      for (const producer of this.producers.values()) await producer.close()
    }
  }

  private async stream(job: Job | null): Promise<StreamingOutcome> {
    const { pipeline, plan, services } = this
    const stages = streamedStages(pipeline)
    const isStreamed = new Set(stages.map(({ id }) => id))
    const consumers = new Map<string, Consumer>()
    for (const stage of stages.filter(isConsumer)) {
      consumers.set(stage.id, await naming(stage.id, () => this.consumer(stage, job)))
    }
    const probe = async (id: string) => this.consumer(stages.filter(isConsumer).find((one) => one.id === id)!, job)
    const producers = new Map([...this.producers].filter(([id]) => isStreamed.has(id)))
    const checkpoint = job === null ? null : await job.checkpoint(producers, consumers, probe)
    this.clocks = new PhaseClocks(checkpoint?.from?.times)
    this.letters = await this.openLetters(job, checkpoint)
    let isDone = false
    let tables: Tables = new Map()
    try {
      tables = await collectTables(
        pipeline,
        plan,
        services,
        (known) => ({
          ...this.parts(known, job, isStreamed),
          // What is read as a stream too is read once for both, or opened once more for the table.
          producer: (stage) => {
            if (isStreamed.has(stage.id) && this.isReadOnce(stage)) return this.reader(stage)
            return this.take(isStreamed.has(stage.id) ? null : stage.id) ?? this.parts(known, job).producer(stage)
          },
        }),
        this.clocks,
        (run) => this.watch(run),
        (stage) => this.rowless.inputOf(stage),
      )
      const run = new StreamRun({ ...pipeline, stages }, plan, {
        parts: {
          ...this.parts(tables, job),
          producer: (stage) =>
            this.live.has(stage.id)
              ? this.reader(stage)
              : (this.take(stage.id) ?? this.parts(tables, job).producer(stage)),
          consumer: async (stage) => consumers.get(stage.id)!,
        },
        services,
        checkpoint,
        chunk: pipeline.mode === 'hybrid' ? CHUNK_BATCHES : null,
        clocks: this.clocks,
      })
      this.watch(run)
      const streamed = await run.run()
      const failed = streamed.some(({ status }) => status === 'failed')
      const deadLetters = (await this.letters?.write()) ?? []
      if (job !== null && !failed) await job.finish()
      isDone = true
      this.progress.finish('done')
      return { ...this.outcome(failed ? 'failed' : 'done', null), deadLetters }
    } catch (error) {
      // What ended the run matters more than that its letters could not be written either.
      this.written = (await this.letters?.write().catch(() => [])) ?? []
      throw error
    } finally {
      await closeTables(tables)
      for (const rows of this.live.values()) await rows.close()
      await this.letters?.close(job !== null && !isDone)
    }
  }

  private watch(run: StreamRun): void {
    this.runs.push(run)
    this.progress.watch(run)
  }

  /** What a run says that had nothing to do. */
  private finishedBefore(job: Job): StreamingOutcome {
    const { committed, results } = job.manifest
    this.clocks = new PhaseClocks(committed?.times)
    this.progress.finish('done')
    const stages = finishedReports(job, streamedStages(this.pipeline))
    return {
      status: 'done',
      stages,
      phases: phaseReports(this.pipeline, stages, committed?.times ?? NO_TIMES),
      peaks: this.progress.peaks,
      outputs: Object.values(results).flatMap(({ outputs }) => outputs),
      deadLetters: [],
      checkpoint: job.report(),
    }
  }

  private async openLetters(job: Job | null, checkpoint: StreamCheckpoint | null): Promise<DeadLetters | null> {
    const { pipeline, services, options } = this
    const from = checkpoint?.from ?? null
    const kept = (stage: string): number => {
      const consumer = from?.consumers[stage]
      if (consumer !== undefined) return failedBefore(consumer.state)
      const cut = from?.works[stage]
      return cut?.ended === true ? Number.POSITIVE_INFINITY : failedBefore(cut?.held?.state ?? null)
    }
    return DeadLetters.open(pipeline.stages, {
      pipeline: pipeline.name,
      run: job?.name ?? runName(options.startedAt),
      services,
      spool: job === null ? null : { path: job.lettersPath, kept: from === null ? null : kept },
    })
  }

  /** Opens all producers, for what they say of themselves: those of tables, too. */
  private async openProducers(): Promise<Readonly<Record<string, Json>>> {
    const inputs: Record<string, Json> = {}
    for (const stage of this.pipeline.stages) {
      if (stage.kind !== 'producer') continue
      const producer = await naming(stage.id, () => this.parts(new Map(), null).producer(stage))
      this.producers.set(stage.id, producer)
      inputs[stage.id] = producer.fingerprint
    }
    return inputs
  }

  /** False of what several runs read anyhow, and of what is sooner read again than kept. */
  private isReadOnce({ source }: ProducerStage): boolean {
    return this.options.extracted?.isShared(source) !== true && isCostly(source)
  }

  /** Of what a stage reads once for tables and streams. */
  private async reader(stage: ProducerStage): Promise<Producer> {
    const { id } = stage
    const known = this.live.get(id)
    if (known !== undefined) return known.reader()
    const producer = await (this.take(id) ?? this.parts(new Map(), null).producer(stage))
    const rows = new LiveRows(`rows of stage '${id}'`, producer, this.services)
    this.live.set(id, rows)
    return rows.reader()
  }

  /** A producer that was opened before, once. */
  private take(id: string | null): Promise<Producer> | null {
    const producer = id === null ? undefined : this.producers.get(id)
    if (id === null || producer === undefined) return null
    this.producers.delete(id)
    return Promise.resolve(producer)
  }

  /** What fails in a stage that is `seen` elsewhere is written there. */
  private parts(tables: Tables, job: Job | null, seen: ReadonlySet<string> = new Set()): StageParts {
    const { services, pipeline, options } = this
    const { directory, placement, batchSize: batchRows } = pipeline
    return {
      producer: (stage) =>
        openShared(stage, { services, id: stage.id, directory, batchRows }, options.extracted ?? null).then(
          (producer) => this.rowless.add(stage.id, producer),
        ),
      work: (stage) => {
        const named = Object.entries(stage.tables).map(
          ([name, input]) => [name, tables.get(tableKey(input))!.frame] as const,
        )
        const startedAt = this.startedAt(job)
        const errors = (seen.has(stage.id) ? this.letters?.silent(stage) : this.letters?.of(stage)) ?? null
        const perBatch = readsAccumulatorsAlone(stage, pipeline)
        const setting = { services, placement, startedAt, tables: Object.fromEntries(named), perBatch, errors }
        return openProcessor(stage, setting)
      },
      consumer: (stage) => this.consumer(stage, null),
    }
  }

  /** A job that was resumed began when it was begun. */
  private startedAt(job: Job | null): Date {
    return job === null ? this.options.startedAt : new Date(job.manifest.began)
  }

  private async consumer(stage: ConsumerStage, job: Job | null): Promise<Consumer> {
    const { services, pipeline } = this
    const { directory } = pipeline
    const { id, target } = stage
    await checkTarget(stage, null, directory)
    const schemaWithoutRows = () => this.rowless.inputOf(stage)
    if (job !== null && target.kind === 'file' && target.mode !== 'upsert') {
      return new JobFileConsumer(target, resolve(directory, target.path), job.name, services, schemaWithoutRows)
    }
    const setting: ConsumerSetting = {
      services,
      id,
      directory,
      schema: null,
      schemaWithoutRows,
      checkpoint: job?.name ?? null,
      errors: () => this.letters?.of(stage) ?? null,
      retries: stage.retries,
    }
    const databases = pipeline.stages.filter((one) => isConsumer(one) && one.target.kind === 'database')
    if (job === null || target.kind !== 'database' || databases.length < 2) return openConsumer(stage, setting)
    return new SpooledConsumer(() => openConsumer(stage, setting), id, job.spoolDirectory, services.run.context)
  }
}

function isConsumer(stage: FlatStage): stage is ConsumerStage {
  return stage.kind === 'consumer'
}
