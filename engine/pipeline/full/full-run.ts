/** Runs a pipeline in mode `full`: generation by generation, every stage over all of its input. */

import { unreachable, VolleyError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { Pipe } from '../../../planner/graph/pipe.js'
import type { ConsumerStage, ProcessorStage } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { AnyStrategyName, RunOptions } from '../../../planner/run-options.js'
import type { EndedStage } from '../checkpoint/manifest.js'
import { DeadLetters, runName } from '../errors/dead-letters.js'
import type { StageErrors } from '../errors/stage-errors.js'
import type { GenerationsResult } from '../generations/results.js'
import { type PipeContext, runGenerations } from '../generations/run-generations.js'
import { checkTarget } from '../load/check-target.js'
import type { PhaseClocks } from '../progress/phases.js'
import type { ProgressTeller } from '../progress/teller.js'
import type { DeadLetterFile, SharedInputsReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import { SharedInputs } from '../shared-inputs.js'
import type { Job } from '../streaming/job.js'
import { inStage } from '../streaming/stage-error.js'
import type { ExtractedInputs } from './extracted-inputs.js'
import { FullProgress } from './full-progress.js'
import { worksPerBatch } from './guarded-stage.js'
import { type Loaded, load } from './load.js'
import { leftOutBefore, loadOnce } from './load-once.js'
import { PlanRejects } from './plan-rejects.js'
import { StageFrames } from './stage-frames.js'
import { StageJournal } from './stage-journal.js'
import { StageLinks } from './stage-links.js'
import { emptyPort, REJECTS, StageRows } from './stage-rows.js'

const MAIN = 'main'

export interface FullOptions {
  /** What `now()` is. */
  readonly startedAt: Date
  readonly strategy?: AnyStrategyName
  /** What other runs read, too. */
  readonly extracted: ExtractedInputs | null
  readonly clocks: PhaseClocks
  readonly teller: ProgressTeller
  /** What a checkpoint keeps; null without one. */
  readonly job: Job | null
}

/** What a stage did in a run of its own; null where it ran as part of another. */
export interface StageOutcome extends Omit<Loaded, 'rowsIn' | 'rowsOut' | 'bytes'> {
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  /** What its plan, or the plan before its functions, read from sources. */
  readonly read: EndedStage['read']
  readonly bytes: number | null
  /** Pieces of work that were done again, beside those of the plan. */
  readonly retries: number
  /** What an earlier run of the job did; null if it is of this one. */
  readonly before: EndedStage | null
}

export interface FullResult {
  readonly generations: GenerationsResult<StageOutcome>
  readonly sharedInputs: SharedInputsReport
  readonly deadLetters: readonly DeadLetterFile[]
  /** Records that stages left out, by stage. */
  readonly rejected: Readonly<Record<string, number>>
  readonly progress: FullProgress
}

/** `plan` is of the flat pipeline. Resolves also if stages failed: the result says so. */
export async function runFull(
  pipeline: FlatPipeline,
  plan: ExecutionPlan,
  services: PipelineServices,
  options: FullOptions,
): Promise<FullResult> {
  const { startedAt, job } = options
  const letters = await DeadLetters.open(pipeline.stages, {
    pipeline: pipeline.name,
    run: job?.name ?? runName(startedAt),
    services,
    spool: job === null ? null : { path: job.lettersPath, kept: lettersKept(job) },
  })
  const run = new FullRun(pipeline, services, options, letters)
  let isDone = false
  try {
    await run.begin()
    options.teller.watch(run.progress)
    const generations = await runGenerations<StageOutcome>(plan, {
      run: (pipe, context) => run.stage(pipe, context),
      maxWorkers: pipeline.maxWorkers,
      onFailure: pipeline.onFailure,
      retries: (pipe) => run.retriesOf(pipe.id),
      signal: services.signal,
      onEvent: (event) => {
        if (event.kind !== 'ended') return
        const { id, status, value } = event.result
        run.progress.ended(id, status, value ?? null)
      },
    })
    const deadLetters = (await letters?.write()) ?? []
    isDone = generations.status === 'done'
    return {
      generations,
      sharedInputs: run.shared.report(),
      progress: run.progress,
      deadLetters,
      rejected: letters?.counts() ?? {},
    }
  } finally {
    await run.close()
    await letters?.close(job !== null && !isDone)
  }
}

/** Of a stage that has not ended, all letters come again, but those of a consumer whose rows are all durable. */
function lettersKept({ manifest }: Job): (stage: string) => number {
  return (stage) =>
    manifest.stages[stage] === undefined
      ? (leftOutBefore(manifest.loading[stage] ?? null)?.failed ?? 0)
      : Number.POSITIVE_INFINITY
}

/** Of a stage that runs as part of others. */
export const NOTHING: StageOutcome = {
  rowsIn: null,
  rowsOut: null,
  read: null,
  bytes: null,
  outputs: [],
  report: null,
  retries: 0,
  before: null,
}

/** As an earlier run of the job left it. */
export function outcomeBefore(before: EndedStage): StageOutcome {
  const { rowsIn, rowsOut, read, bytes, outputs } = before
  return { rowsIn, rowsOut, read, bytes, outputs, report: null, retries: 0, before }
}

class FullRun {
  readonly shared: SharedInputs
  readonly progress: FullProgress
  private readonly links: StageLinks
  private readonly journal: StageJournal | null
  private readonly rows: StageRows
  private readonly frames: StageFrames
  /** Of the attempts that stages are in. */
  private readonly signals = new Map<string, AbortSignal>()
  /** When stages began, by `performance.now()`. */
  private readonly began = new Map<string, number>()

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly services: PipelineServices,
    private readonly options: FullOptions,
    private readonly letters: DeadLetters | null,
  ) {
    const { extracted, startedAt, clocks, job } = options
    const links = new StageLinks(pipeline, {
      isKept: (stage) => this.isKept(stage),
      isCounted: (id) => this.rows.countOf(id) !== null,
    })
    this.links = links
    const recorded = (id: string) => links.runningReaders(id).filter((reader) => this.isRecorded(links.stage(reader)))
    this.journal = job === null ? null : new StageJournal(job, services, clocks, recorded)
    this.shared = new SharedInputs(services, {
      maxBytes: pipeline.maxMemory,
      inputs: pipeline.stages
        .filter((stage) => stage.kind !== 'consumer')
        .map(({ id }) => ({ dataset: id, readers: links.runningReaders(id) })),
    })
    this.progress = new FullProgress(pipeline, clocks, links, job?.manifest.stages ?? {})
    this.rows = new StageRows({
      pipeline,
      services,
      links,
      shared: this.shared,
      journal: this.journal,
      extracted,
      progress: this.progress,
      catchesOf: (stage) => this.catchesOf(stage),
      guardsOf: (stage) => (this.isGuarded(stage) ? this.errorsOf(stage) : null),
      isKept: (stage) => this.isKept(stage),
      runOptions: (stage) => this.runOptions(stage),
    })
    this.frames = new StageFrames(pipeline, {
      startedAt,
      services,
      restored: ({ id }) => this.restored(id),
      produced: (stage) => this.rows.produced(stage),
      isShared: ({ source }) => extracted?.isShared(source) === true,
      kept: (stage, rows) => (this.isKept(stage) ? this.rows.keep(stage, rows) : Promise.resolve(rows)),
      detached: (stage) => (input, transform) => this.rows.detached(stage, input, transform),
      guarded: (given) => this.rows.guarded(given),
      emitted: (stage, port) => this.rows.emitted(stage, port),
    })
  }

  async begin(): Promise<void> {
    await this.journal?.begin()
  }

  /** A stage that leaves out failing records does batches again by itself, so that none of the records is told twice. */
  retriesOf(id: string): FlatStage['retries'] {
    const stage = this.links.stage(id)
    return stage.kind !== 'producer' && this.errorsOf(stage) !== null ? null : stage.retries
  }

  async stage({ id }: Pipe, { signal }: PipeContext): Promise<StageOutcome> {
    const stage = this.links.stage(id)
    const before = this.journal?.endedStage(id) ?? null
    if (before !== null) return outcomeBefore(before)
    this.signals.set(id, signal)
    this.began.set(id, this.began.get(id) ?? performance.now())
    try {
      const outcome = await this.outcomeOf(stage)
      if (this.journal !== null && this.isRecorded(stage)) await this.record(stage, outcome, this.journal)
      await this.shared.ended(id)
      return outcome
    } catch (error) {
      throw inStage(id, error)
    }
  }

  async close(): Promise<void> {
    await this.shared.close()
    await this.rows.close()
  }

  private async outcomeOf(stage: FlatStage): Promise<StageOutcome> {
    try {
      if (stage.kind !== 'consumer') return await this.prepare(stage)
      const loaded = await this.load(stage)
      const { report } = loaded
      const read = report === null ? null : { rows: report.rowsIn, bytes: report.bytesRead }
      return { ...loaded, read, retries: 0, before: null }
    } catch (error) {
      if (!isEmptyPort(error)) throw error
      // What it reads has no rows, and what reads it has none either.
      for (const port of this.links.portsReadOf(stage.id)) this.journal?.keepNothing(stage.id, port)
      return { ...NOTHING, rowsIn: 0, rowsOut: 0 }
    }
  }

  private async prepare(stage: FlatStage): Promise<StageOutcome> {
    await this.frames.of(stage.id)
    const { id } = stage
    const taken = this.rows.readBy(id)
    return {
      ...NOTHING,
      rowsIn: taken?.rowsIn ?? null,
      rowsOut: this.rows.countOf(id),
      read: taken === null ? null : { rows: taken.rows, bytes: taken.bytes },
      report: this.rows.reports.get(id) ?? null,
      retries: this.rows.retriesOf(id),
    }
  }

  private async load(stage: ConsumerStage): Promise<Loaded> {
    const frame = await this.frames.inputOf(stage)
    await checkTarget(stage, await schemaOf(frame), this.pipeline.directory)
    const errors = this.loadErrorsOf(stage)
    const rejects = errors === null ? null : new PlanRejects(errors)
    const end = this.progress.begin(stage)
    try {
      const loaded = await this.write(stage, frame, errors, {
        ...this.runOptions(stage),
        onProgress: (event) => this.progress.plan(stage.id, event),
        ...rejects?.options,
      })
      if (stage.target.kind === 'file') errors?.passedUnordered(loaded.rowsIn)
      return loaded
    } catch (error) {
      throw rejects === null ? error : rejects.reasonOf(error)
    } finally {
      end()
    }
  }

  /** What an earlier run of the job has told of records that were left out is not told again. */
  private loadErrorsOf(stage: ConsumerStage): StageErrors | null {
    const errors = this.errorsOf(stage)
    const before = leftOutBefore(this.journal?.loading(stage.id) ?? null)
    if (errors === null || before === null) return errors
    errors.restore(before)
    return this.letters?.silent(stage) ?? null
  }

  private write(stage: ConsumerStage, frame: Frame, errors: StageErrors | null, options: RunOptions): Promise<Loaded> {
    const { services, journal } = this
    const { batchSize: batchRows, directory } = this.pipeline
    const onBatch = (rows: number) => this.progress.batch(stage.id, rows)
    const setting = { services, batchRows, directory, onBatch, errors }
    return journal === null ? load(stage, frame, setting, options) : loadOnce(stage, frame, setting, options, journal)
  }

  /** Writes down that a stage of a job has ended. */
  private async record(stage: FlatStage, outcome: StageOutcome, journal: StageJournal): Promise<void> {
    const { id, kind } = stage
    const { rowsIn, rowsOut, read, bytes, outputs, report, retries } = outcome
    const errors = this.errorsOf(stage)
    await errors?.sync()
    const durationMs = performance.now() - this.began.get(id)!
    await journal.end(id, {
      kind,
      rowsIn,
      rowsOut,
      bytes,
      outputs,
      read,
      batches: this.progress.batches(id),
      durationMs,
      busyMs: Math.min(durationMs, this.progress.busyMs(id)),
      retries: retries + (report?.retries ?? 0),
      rejected: errors?.failed ?? report?.rejected ?? 0,
    })
    await journal.release()
  }

  /** The rows of a stage that an earlier run of the job has ended; null of others. */
  private restored(id: string): Frame | null {
    if (this.journal === null || this.journal.endedStage(id) === null) return null
    const frame = this.journal.frame(id, MAIN)
    if (frame === null) throw emptyPort(id, MAIN)
    return frame
  }

  /** Null for a stage whose first failed record ends the run. */
  private errorsOf(stage: FlatStage): StageErrors | null {
    return this.letters?.of(stage) ?? null
  }

  private runOptions({ id, retries }: FlatStage): RunOptions {
    const { strategy } = this.options
    const attempt = this.signals.get(id)
    const { signal } = this.services
    return {
      signal: attempt === undefined ? signal : AbortSignal.any([attempt, signal]),
      ...(strategy === undefined ? {} : { strategy }),
      ...(retries === null ? {} : { retries }),
    }
  }

  /** Rows that are read more than once are kept; so are those of a stage whose rejects are read, which so come first. */
  private isKept(stage: FlatStage): boolean {
    const readers = this.links.readersOf(stage.id).length
    if (readers > 1 || this.readsRejects(stage.id) || this.catchesOf(stage) !== null) return true
    return this.options.job !== null && readers > 0 && isWork(stage)
  }

  /** True of stages whose end a job writes down. */
  private isRecorded(stage: FlatStage): boolean {
    return stage.kind === 'consumer' || this.isKept(stage)
  }

  /** Where the records go that the plan of a stage rejects, for stages that need all of their input. */
  private catchesOf(stage: FlatStage): StageErrors | null {
    return stage.kind !== 'processor' || this.isGuarded(stage) ? null : this.errorsOf(stage)
  }

  /** The port of rejects is that of a plan. */
  private isGuarded(stage: ProcessorStage): boolean {
    return worksPerBatch(stage) && !this.readsRejects(stage.id)
  }

  private readsRejects(id: string): boolean {
    return this.links.portsReadOf(id).includes(REJECTS)
  }
}

/** False of what is there again when it is asked for: files, and what passes rows on. */
function isWork(stage: FlatStage): boolean {
  switch (stage.kind) {
    case 'producer':
      return stage.source.kind !== 'file' && !(stage.source.kind === 'records' && Array.isArray(stage.source.records))
    case 'processor':
      return true
    case 'accumulator':
    case 'consumer':
      return false
    default:
      return unreachable(stage)
  }
}

/** Of a port by which nothing came, nobody knows the columns; its readers have nothing to do. */
function isEmptyPort(error: unknown): boolean {
  return error instanceof VolleyError && error.details.isEmptyPort === true
}
