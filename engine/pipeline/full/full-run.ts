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
import { openProducer } from '../extract/open-producer.js'
import type { GenerationsResult } from '../generations/results.js'
import { type PipeContext, runGenerations } from '../generations/run-generations.js'
import type { PipelineServices } from '../services.js'
import { SharedInputs, type SharedInputsReport } from '../shared-inputs.js'
import type { StageProgress } from '../streaming/progress.js'
import { inStage } from '../streaming/stage-error.js'
import type { FunctionTransform } from '../transforms/apply-transforms.js'
import { DeadLetters } from './dead-letters.js'
import { DetachedFunction } from './detached-function.js'
import type { ExtractedInputs } from './extracted-inputs.js'
import { type Loaded, load } from './load.js'
import { loadingOf } from './loading.js'
import { StageFrames } from './stage-frames.js'

const REJECTS = 'rejects'

export interface FullOptions {
  /** What `now()` is. */
  readonly startedAt: Date
  readonly strategy?: AnyStrategyName
  /** What other runs read, too. */
  readonly extracted: ExtractedInputs | null
  readonly onProgress?: (event: StageProgress) => void
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
}

/** `plan` is of the flat pipeline. Resolves also if stages failed: the result says so. */
export async function runFull(
  pipeline: FlatPipeline,
  plan: ExecutionPlan,
  services: PipelineServices,
  options: FullOptions,
): Promise<FullResult> {
  const run = new FullRun(pipeline, services, options)
  try {
    const generations = await runGenerations<StageOutcome>(plan, {
      run: (pipe, context) => run.stage(pipe, context),
      maxWorkers: pipeline.maxWorkers,
      onFailure: pipeline.onFailure,
      retries: (pipe) => run.stageOf(pipe.id).retries,
      signal: services.signal,
    })
    return { generations, sharedInputs: run.shared.report() }
  } finally {
    await run.close()
  }
}

const NOTHING: StageOutcome = { rowsIn: null, rowsOut: null, bytes: null, outputs: [], report: null }

class FullRun {
  readonly shared: SharedInputs
  private readonly stages: ReadonlyMap<string, FlatStage>
  private readonly frames: StageFrames
  private readonly readers: ReadonlyMap<string, readonly FlatStage[]>
  private readonly functions = new Map<string, DetachedFunction>()
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
  ) {
    this.stages = new Map(pipeline.stages.map((stage) => [stage.id, stage]))
    this.readers = readersOf(pipeline)
    this.shared = new SharedInputs(services, {
      maxBytes: pipeline.maxMemory,
      inputs: pipeline.stages
        .filter((stage) => stage.kind !== 'consumer')
        .map(({ id }) => ({ dataset: id, readers: this.runningReaders(id) })),
    })
    this.frames = new StageFrames(pipeline, {
      startedAt: options.startedAt,
      services,
      produced: (stage) => this.produced(stage),
      kept: (stage, rows) => (this.isKept(stage) ? this.keep(stage, rows) : Promise.resolve(rows)),
      detached: (stage) => (input, transform) => this.detached(stage, input, transform),
      emitted: (stage, port) => this.emitted(stage, port),
    })
  }

  stageOf(id: string): FlatStage {
    const stage = this.stages.get(id)
    if (stage === undefined) throw new InternalError(`there is no stage ${id}`)
    return stage
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
    const letters = DeadLetters.of(stage, this.options.startedAt)
    const setting = { services: this.services, batchRows: this.pipeline.batchSize }
    try {
      return await load(stage, frame, setting, {
        ...this.runOptions(stage),
        ...this.telling(stage),
        ...letters?.options,
      })
    } finally {
      await letters?.write(this.services)
    }
  }

  private telling({ id, kind }: ConsumerStage): RunOptions {
    const { onProgress } = this.options
    if (onProgress === undefined) return {}
    return {
      onProgress: ({ rows, bytes, totalRows, elapsedMs, rowsPerSecond, remainingMs }) =>
        onProgress({
          stage: id,
          kind,
          rowsIn: rows,
          rowsOut: 0,
          ports: {},
          batches: 0,
          bytes,
          totalRows,
          elapsedMs,
          rowsPerSecond,
          remainingMs,
          queued: 0,
          rssBytes: process.memoryUsage.rss(),
          queuedBytes: 0,
          isDone: totalRows !== null && rows >= totalRows,
        }),
    }
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
  private isKept({ id }: FlatStage): boolean {
    return (this.readers.get(id)?.length ?? 0) > 1 || this.readsRejects(id)
  }

  private readsRejects(id: string): boolean {
    return (this.readers.get(id) ?? []).some(({ inputs, tables }) =>
      [...inputs, ...Object.values(tables)].some((input) => input.stage === id && input.port === REJECTS),
    )
  }

  private keep(stage: FlatStage, rows: Frame): Promise<Frame> {
    const { id } = stage
    const rejected: RecordBatch[] = []
    const handled: RunOptions = this.readsRejects(id) ? { rejects: (batch) => void rejected.push(batch) } : {}
    this.rejected.set(id, rejected)
    return this.shared.frame(id, async () => ({
      schema: await schemaOf(rows),
      batches: this.counting(id, this.services.batchesOf(rows, { ...this.runOptions(stage), ...handled })),
    }))
  }

  /** Sources that no plan can scan are read at once. */
  private produced(stage: ProducerStage): Promise<Frame> {
    const { id, source } = stage
    const { extracted } = this.options
    const load = async (services: PipelineServices) => {
      const producer = await openProducer(stage, { services, id, directory: '', batchRows: this.pipeline.batchSize })
      const { schema, batches } = await loadingOf(producer)
      return { schema, batches: this.counting(id, batches) }
    }
    return extracted === null
      ? this.shared.frame(`${id}, read`, () => load(this.services))
      : extracted.frame(source, load)
  }

  private async *counting(id: string, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    this.counts.set(id, 0)
    for await (const batch of batches) {
      this.counts.set(id, (this.counts.get(id) ?? 0) + batch.length)
      yield batch
    }
  }

  private async detached(stage: ProcessorStage, input: Frame, transform: FunctionTransform): Promise<Frame> {
    const { services, pipeline } = this
    const key = `${stage.id}, step ${stage.transforms.indexOf(transform)}`
    await this.functions.get(key)?.close()
    const work = new DetachedFunction(stage, transform, services, pipeline.batchSize)
    this.functions.set(key, work)
    return this.shared.frame(`${key}, attempt ${++this.attempts}`, async () => {
      const { schema, batches } = await work.load(services.batchesOf(input, this.runOptions(stage)))
      return { schema, batches: this.counting(stage.id, batches) }
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
