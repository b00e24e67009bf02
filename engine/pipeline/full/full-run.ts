/** Runs a pipeline in mode `full`: generation by generation, every stage over all of its input. */

import type { RecordBatch } from 'apache-arrow'
import type { Batch } from '../../../io/batch.js'
import { InternalError, VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { Pipe } from '../../../planner/graph/pipe.js'
import type { ConsumerStage, ProcessorStage, ProducerStage } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { AnyStrategyName, RunOptions } from '../../../planner/run-options.js'
import { REJECT_COLUMNS } from '../../recovery/rejected-record.js'
import { DeadLetters, runName } from '../errors/dead-letters.js'
import type { StageErrors } from '../errors/stage-errors.js'
import { openProducer } from '../extract/open-producer.js'
import type { GenerationsResult } from '../generations/results.js'
import { type PipeContext, runGenerations } from '../generations/run-generations.js'
import type { PhaseClocks } from '../progress/phases.js'
import type { ProgressTeller } from '../progress/teller.js'
import type { DeadLetterFile, SharedInputsReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import { SharedInputs } from '../shared-inputs.js'
import { inStage } from '../streaming/stage-error.js'
import type { FunctionTransform } from '../transforms/apply-transforms.js'
import { DetachedWork, openDetached } from './detached-function.js'
import type { ExtractedInputs } from './extracted-inputs.js'
import { FullProgress } from './full-progress.js'
import { guardedSchema, openGuarded, type StageInput, worksPerBatch } from './guarded-stage.js'
import { type Loaded, load } from './load.js'
import { loadingOf } from './loading.js'
import { PlanRejects } from './plan-rejects.js'
import { StageFrames } from './stage-frames.js'

const REJECTS = 'rejects'

export interface FullOptions {
  /** What `now()` is. */
  readonly startedAt: Date
  readonly strategy?: AnyStrategyName
  /** What other runs read, too. */
  readonly extracted: ExtractedInputs | null
  readonly clocks: PhaseClocks
  readonly teller: ProgressTeller
}

/** What a stage did in a run of its own; null where it ran as part of another. */
export interface StageOutcome extends Omit<Loaded, 'rowsIn' | 'rowsOut' | 'bytes'> {
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  readonly bytes: number | null
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
  const { startedAt } = options
  const letters = await DeadLetters.open(pipeline.stages, {
    pipeline: pipeline.name,
    run: runName(startedAt),
    services,
    spool: null,
  })
  const run = new FullRun(pipeline, services, options, letters)
  options.teller.watch(run.progress)
  try {
    const generations = await runGenerations<StageOutcome>(plan, {
      run: (pipe, context) => run.stage(pipe, context),
      maxWorkers: pipeline.maxWorkers,
      onFailure: pipeline.onFailure,
      retries: (pipe) => run.retriesOf(pipe.id),
      signal: services.signal,
      onEvent: (event) => {
        if (event.kind !== 'ended') return
        const { id, status, value } = event.result
        run.progress.ended(id, status, value?.report ?? null)
      },
    })
    const deadLetters = (await letters?.write()) ?? []
    return {
      generations,
      sharedInputs: run.shared.report(),
      progress: run.progress,
      deadLetters,
      rejected: letters?.counts() ?? {},
    }
  } finally {
    await run.close()
    await letters?.close(false)
  }
}

const NOTHING: StageOutcome = { rowsIn: null, rowsOut: null, bytes: null, outputs: [], report: null }

class FullRun {
  readonly shared: SharedInputs
  readonly progress: FullProgress
  private readonly stages: ReadonlyMap<string, FlatStage>
  private readonly frames: StageFrames
  private readonly readers: ReadonlyMap<string, readonly FlatStage[]>
  private readonly functions = new Map<string, DetachedWork>()
  /** Rows that were kept, by stage. */
  private readonly counts = new Map<string, number>()
  private readonly rejected = new Map<string, RecordBatch[]>()
  /** Of the attempts that stages are in. */
  private readonly signals = new Map<string, AbortSignal>()
  private attempts = 0

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly services: PipelineServices,
    private readonly options: FullOptions,
    private readonly letters: DeadLetters | null,
  ) {
    this.stages = new Map(pipeline.stages.map((stage) => [stage.id, stage]))
    this.readers = readersOf(pipeline)
    this.shared = new SharedInputs(services, {
      maxBytes: pipeline.maxMemory,
      inputs: pipeline.stages
        .filter((stage) => stage.kind !== 'consumer')
        .map(({ id }) => ({ dataset: id, readers: this.runningReaders(id) })),
    })
    this.progress = new FullProgress(pipeline, options.clocks, {
      runningReaders: (id) => this.runningReaders(id),
      hasRun: (id) => this.hasRun(this.stageOf(id)),
      partsOf: (id) => this.partsOf(this.stageOf(id)),
    })
    this.frames = new StageFrames(pipeline, {
      startedAt: options.startedAt,
      services,
      produced: (stage) => this.produced(stage),
      isShared: ({ source }) => options.extracted?.isShared(source) === true,
      kept: (stage, rows) => (this.isKept(stage) ? this.keep(stage, rows) : Promise.resolve(rows)),
      detached: (stage) => (input, transform) => this.detached(stage, input, transform),
      guarded: (given) => this.guarded(given),
      emitted: (stage, port) => this.emitted(stage, port),
    })
  }

  stageOf(id: string): FlatStage {
    const stage = this.stages.get(id)
    if (stage === undefined) throw new InternalError(`there is no stage ${id}`)
    return stage
  }

  /** A stage that leaves out failing records does batches again by itself, so that none of the records is told twice. */
  retriesOf(id: string): FlatStage['retries'] {
    const stage = this.stageOf(id)
    return stage.kind !== 'producer' && this.errorsOf(stage) !== null ? null : stage.retries
  }

  async stage({ id }: Pipe, { signal }: PipeContext): Promise<StageOutcome> {
    const stage = this.stageOf(id)
    this.signals.set(id, signal)
    try {
      const outcome = stage.kind === 'consumer' ? await this.load(stage) : await this.prepare(stage)
      await this.shared.ended(id)
      return outcome
    } catch (error) {
      if (isEmptyPort(error)) return { ...NOTHING, rowsIn: 0, rowsOut: 0 }
      throw inStage(id, error)
    }
  }

  async close(): Promise<void> {
    await this.shared.close()
    for (const one of this.functions.values()) await one.close()
  }

  private async prepare(stage: FlatStage): Promise<StageOutcome> {
    await this.frames.of(stage.id)
    return { ...NOTHING, rowsOut: this.counts.get(stage.id) ?? null }
  }

  private async load(stage: ConsumerStage): Promise<StageOutcome> {
    const frame = await this.frames.inputOf(stage)
    const errors = this.errorsOf(stage)
    const rejects = errors === null ? null : new PlanRejects(errors)
    const onBatch = (rows: number) => this.progress.batch(stage.id, rows)
    const setting = { services: this.services, batchRows: this.pipeline.batchSize, onBatch, errors }
    const end = this.progress.begin(stage)
    try {
      const loaded = await load(stage, frame, setting, {
        ...this.runOptions(stage),
        onProgress: (event) => this.progress.plan(stage.id, event),
        ...rejects?.options,
      })
      if (stage.target.kind !== 'function') errors?.passedUnordered(loaded.rowsIn)
      return loaded
    } catch (error) {
      throw rejects === null ? error : rejects.reasonOf(error)
    } finally {
      end()
    }
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
    return (
      (this.readers.get(stage.id)?.length ?? 0) > 1 || this.readsRejects(stage.id) || this.catchesOf(stage) !== null
    )
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
    return (this.readers.get(id) ?? []).some(({ inputs, tables }) =>
      [...inputs, ...Object.values(tables)].some((input) => input.stage === id && input.port === REJECTS),
    )
  }

  private async keep(stage: FlatStage, rows: Frame): Promise<Frame> {
    const { id } = stage
    const rejected: RecordBatch[] = []
    const errors = this.catchesOf(stage)
    const letters = errors === null ? null : new PlanRejects(errors)
    const isAsked = letters !== null || this.readsRejects(id)
    const rejects = async (batch: RecordBatch) => {
      rejected.push(batch)
      await letters?.options.rejects?.(batch)
    }
    this.rejected.set(id, rejected)
    const load = async () => ({
      schema: await schemaOf(rows),
      batches: this.counting(
        stage,
        this.services.batchesOf(rows, { ...this.keptOptions(stage), ...(isAsked ? { rejects } : {}) }),
      ),
    })
    try {
      const kept = await this.shared.frame(id, load)
      errors?.passedUnordered(this.counts.get(id) ?? 0)
      return kept
    } catch (error) {
      throw letters === null ? error : letters.reasonOf(error)
    }
  }

  /** Sources that no plan can scan are read at once. */
  private produced(stage: ProducerStage): Promise<Frame> {
    const { id, source } = stage
    const { extracted } = this.options
    const load = async (services: PipelineServices) => {
      const producer = await openProducer(stage, { services, id, directory: '', batchRows: this.pipeline.batchSize })
      const { schema, batches } = await loadingOf(producer)
      return { schema, batches: this.counting(stage, batches) }
    }
    return extracted === null || !extracted.isShared(source)
      ? this.shared.frame(`${id}, read`, () => load(this.services))
      : extracted.frame(source, load)
  }

  private keptOptions(stage: FlatStage): RunOptions {
    return { ...this.runOptions(stage), onProgress: (event) => this.progress.plan(stage.id, event) }
  }

  private async *counting(stage: FlatStage, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const { id } = stage
    this.counts.set(id, 0)
    const end = this.progress.begin(stage)
    try {
      for await (const batch of batches) {
        this.counts.set(id, (this.counts.get(id) ?? 0) + batch.length)
        this.progress.batch(id, batch.length)
        yield batch
      }
    } finally {
      end()
    }
  }

  private async detached(stage: ProcessorStage, input: Frame, transform: FunctionTransform): Promise<Frame> {
    const key = `${stage.id}, step ${stage.transforms.indexOf(transform)}`
    const open = () => openDetached(stage, transform, this.services)
    return this.detachedFrame(
      stage,
      key,
      input,
      new DetachedWork(open, transform.schema, this.services, this.pipeline.batchSize),
    )
  }

  /** The rows of a stage that leaves out records it fails for; null for others, which are frames. */
  private guarded(given: StageInput): Promise<Frame> | null {
    const { stage, input } = given
    const errors = this.errorsOf(stage)
    if (errors === null || !this.isGuarded(stage)) return null
    const { services, pipeline } = this
    const open = () => openGuarded(given, errors, services)
    return guardedSchema(given).then((schema) =>
      this.detachedFrame(
        stage,
        `${stage.id}, step all`,
        input,
        new DetachedWork(open, schema, services, pipeline.batchSize),
      ),
    )
  }

  private async detachedFrame(stage: ProcessorStage, key: string, input: Frame, work: DetachedWork): Promise<Frame> {
    await this.functions.get(key)?.close()
    this.functions.set(key, work)
    return this.shared.frame(`${key}, attempt ${++this.attempts}`, async () => {
      const { schema, batches } = await work.load(this.services.batchesOf(input, this.runOptions(stage)))
      return { schema, batches: this.counting(stage, batches) }
    })
  }

  private async emitted(stage: FlatStage, port: string): Promise<Frame> {
    const { scans, runtime } = this.services
    if (port === REJECTS) {
      const batches = this.rejected.get(stage.id) ?? []
      return new Frame(batches.length === 0 ? scans.records([], REJECT_COLUMNS) : scans.tables(batches), runtime)
    }
    for (const [key, work] of this.functions) {
      const frame = key.startsWith(`${stage.id}, step `) ? work.port(port) : null
      if (frame !== null) return frame
    }
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `nothing left stage '${stage.id}' by port '${port}'`, {
      stage: stage.id,
      port,
      isEmptyPort: true,
    })
  }

  /** True of a stage that runs by itself, and so counts its rows. */
  private hasRun(stage: FlatStage): boolean {
    const { kind, id } = stage
    if (kind === 'consumer' || this.isKept(stage) || this.counts.has(id)) return true
    return kind === 'producer' && !['file', 'frame', 'records'].includes(stage.source.kind)
  }

  /** The stages whose work is part of a stage's run. */
  private partsOf({ inputs, tables }: FlatStage): readonly FlatStage[] {
    const read = [...inputs, ...Object.values(tables)].map((input) => this.stageOf(input.stage))
    const parts = read.filter((stage) => !this.hasRun(stage))
    return [...new Set(parts.flatMap((stage) => [stage, ...this.partsOf(stage)]))]
  }

  /** Stages in whose runs the rows of a stage are read: those of its readers and, behind one that is not kept, further. */
  private runningReaders(id: string): string[] {
    const running = (this.readers.get(id) ?? []).flatMap((reader) =>
      reader.kind === 'consumer' || this.isKept(reader) ? [reader.id] : [reader.id, ...this.runningReaders(reader.id)],
    )
    return [...new Set(running)]
  }
}

/** One entry for each time that a stage is read. */
function readersOf({ stages }: FlatPipeline): ReadonlyMap<string, readonly FlatStage[]> {
  const readers = new Map<string, FlatStage[]>()
  for (const stage of stages) {
    for (const input of [...stage.inputs, ...Object.values(stage.tables)]) {
      readers.set(input.stage, [...(readers.get(input.stage) ?? []), stage])
    }
  }
  return readers
}

/** Of a port by which nothing came, nobody knows the columns; its readers have nothing to do. */
function isEmptyPort(error: unknown): boolean {
  return error instanceof VolleyError && error.details.isEmptyPort === true
}
