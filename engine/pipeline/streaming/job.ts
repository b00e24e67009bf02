/** A job: a run that a checkpoint keeps, from its fingerprint to its end. */

import { join } from 'node:path'
import { VolleyError } from '../../../planner/errors.js'
import type { FlatPipeline } from '../../../planner/pipeline/flatten.js'
import { pipelineFingerprint } from '../checkpoint/fingerprint.js'
import type { KeptCut, Manifest } from '../checkpoint/manifest.js'
import { CheckpointStore, reaches } from '../checkpoint/store.js'
import type { CheckpointReport, ResumedFrom } from '../report.js'
import type { PipelineServices } from '../services.js'
import type { Consumer, Json, Producer } from '../stage.js'
import type { StreamCheckpoint } from './running-stage.js'

export interface CheckpointOptions {
  readonly id: string
  /** Goes on with the job that is there; without it, an unfinished one is refused. */
  readonly resume: boolean
  /** Where checkpoints lie, each in a directory of its ID. */
  readonly directory: string
  /** Null: not by batches, or not by time. */
  readonly every: { readonly batches: number | null; readonly milliseconds: number | null }
}

export class Job {
  private startsAnew: string | null = null
  private isResumed = false
  private resumedFrom: ResumedFrom | null = null
  private wasFinished = false

  private constructor(
    readonly store: CheckpointStore,
    private readonly options: CheckpointOptions,
  ) {}

  /** Throws VOLLEY_CHECKPOINT_EXISTS for an unfinished job that is not to be resumed, and VOLLEY_CHECKPOINT_MISMATCH. */
  static async open(
    pipeline: FlatPipeline,
    inputs: Readonly<Record<string, Json>>,
    options: CheckpointOptions,
    services: PipelineServices,
  ): Promise<Job> {
    const store = await CheckpointStore.open(options.directory, options.id, services.run.context)
    try {
      const job = new Job(store, options)
      await job.takeUp(pipeline, inputs)
      return job
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** True if the job was finished before and is not to begin anew. */
  get isFinished(): boolean {
    return this.manifest.status === 'finished'
  }

  get manifest(): Manifest {
    return this.store.manifest!
  }

  /** Names the job's outputs and its epochs in databases. */
  get name(): string {
    return `${this.options.id}.${this.manifest.job.slice(0, 8)}`
  }

  /** For what must not be lost between the commits of several databases. */
  get spoolDirectory(): string {
    return join(this.store.directory, 'spool')
  }

  /** Where dead letters are gathered. */
  get lettersPath(): string {
    return join(this.store.directory, 'dead-letters.ndjson')
  }

  report(): CheckpointReport {
    const { committed, resumed, stages } = this.manifest
    return {
      id: this.options.id,
      directory: this.store.directory,
      resumed: this.isResumed,
      resumedFrom: this.resumedFrom,
      resumes: resumed,
      wasFinished: this.wasFinished,
      epoch: committed?.epoch ?? Object.keys(stages).length,
      startsAnew: this.startsAnew,
    }
  }

  /**
   * Where a run goes on, and where its cuts go. Null if stages cannot go on: the job then starts anew each time. `probe`
   * makes another consumer, to ask how far its output came.
   */
  async checkpoint(
    producers: ReadonlyMap<string, Producer>,
    consumers: ReadonlyMap<string, Consumer>,
    probe: (stage: string) => Promise<Consumer>,
  ): Promise<StreamCheckpoint | null> {
    const { store, options } = this
    const fixed = [...producers, ...consumers].filter(([, stage]) => !stage.isResumable).map(([id]) => id)
    if (fixed.length > 0) {
      this.startsAnew = `${fixed.join(', ')} cannot go on in the middle`
      return null
    }
    const { results } = this.manifest
    const cut: KeptCut | null = await store.choose(async (stage, { state }, epoch) => {
      if (results[stage] !== undefined || !consumers.has(stage)) return true
      return reaches(await probe(stage), state, epoch)
    })
    this.resumedFrom = cut === null ? null : resumedFrom(cut)
    return {
      from: cut === null ? null : store.load(cut),
      finished: results,
      every: options.every,
      keep: (epoch, stage, state) => store.keep(epoch, stage, state),
      prepared: (next) => store.prepared(next as KeptCut),
      committed: (next) => store.committed(next as KeptCut),
      consumerFinished: (stage, result) => store.consumerFinished(stage, result),
    }
  }

  /** Says that a run in mode `full` goes on behind the stages that have ended. */
  goOnBehindStages(): void {
    const { stages, times } = this.manifest
    if (times === null) return
    const ended = Object.values(stages)
    const sum = (counts: readonly (number | null)[]) => counts.reduce<number>((total, count) => total + (count ?? 0), 0)
    this.resumedFrom = {
      epoch: ended.length,
      rowsExtracted: sum(ended.map(({ kind, rowsOut }) => (kind === 'producer' ? rowsOut : 0))),
      rowsLoaded: sum(ended.map(({ kind, rowsIn }) => (kind === 'consumer' ? rowsIn : 0))),
      durationMs: times.elapsedMs,
    }
  }

  async finish(): Promise<void> {
    await this.store.finished()
  }

  async close(): Promise<void> {
    await this.store.close()
  }

  private async takeUp(pipeline: FlatPipeline, inputs: Readonly<Record<string, Json>>): Promise<void> {
    const { store, options } = this
    const { id: checkpoint, resume } = options
    const description = {
      checkpoint,
      pipeline: pipeline.name,
      fingerprint: { pipeline: pipelineFingerprint(pipeline), inputs },
    }
    const known = store.manifest
    if (known === null || (known.status === 'finished' && !resume)) {
      await store.begin(description)
      return
    }
    if (!resume) throw unfinished(checkpoint, known)
    this.isResumed = true
    this.wasFinished = known.status === 'finished'
    // Of a finished job nothing is read any more.
    if (!this.wasFinished) await store.resume(description)
  }
}

function unfinished(checkpoint: string, { began, committed, stages }: Manifest): VolleyError {
  const epochs = committed?.epoch ?? Object.keys(stages).length
  return new VolleyError(
    'VOLLEY_CHECKPOINT_EXISTS',
    `checkpoint ${checkpoint} holds a job that began ${began} and has not ended (${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} so far): resume it, or take another ID`,
    { checkpoint },
  )
}

function resumedFrom({ epoch, producers, consumers, times }: KeptCut): ResumedFrom {
  const rows = (stages: typeof producers | typeof consumers) =>
    Object.values(stages).reduce((sum, { counts }) => sum + counts.rowsIn, 0)
  return { epoch, rowsExtracted: rows(producers), rowsLoaded: rows(consumers), durationMs: times.elapsedMs }
}
