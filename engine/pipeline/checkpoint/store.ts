/**
 * A job's checkpoint on disk:
 *
 *   .volley/checkpoints/ID/checkpoint.json    all of it but batches, replaced as a whole
 *                          epoch-7/           the batches that works held at epoch 7
 *                          rows/              what stages of mode `full` left behind that others still need
 *                          lock               while the job runs
 */

import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode, writeError } from '../../../io/file-errors.js'
import { syncDirectory } from '../../../io/output-file.js'
import { VolleyError } from '../../../planner/errors.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { JobTimes } from '../progress/phases.js'
import type { Consumer, ConsumerResult, Json, StageState } from '../stage.js'
import type { ConsumerCut, Cut, CutKeeper } from '../streaming/barriers.js'
import { readBlobs, writeBlobs } from './blobs.js'
import { makeDirectory, writeDurably } from './durable.js'
import { expectSame } from './fingerprint.js'
import { JobLock } from './lock.js'
import {
  type EndedStage,
  type Fingerprint,
  type KeptCut,
  type KeptState,
  MANIFEST_VERSION,
  type Manifest,
} from './manifest.js'

const MANIFEST = 'checkpoint.json'
const EPOCH = 'epoch-'
const ROWS = 'rows'

export interface JobDescription {
  /** The ID that the user gave. */
  readonly checkpoint: string
  readonly pipeline: string
  readonly fingerprint: Fingerprint
}

export class CheckpointStore implements CutKeeper<KeptState> {
  /** Settled when the last change so far is written: a consumer may finish while an epoch is being written down. */
  private writing: Promise<void> = Promise.resolve()

  private constructor(
    readonly directory: string,
    private readonly lock: JobLock,
    private readonly context: TaskContext,
    /** Null: there is no such job yet. */
    private current: Manifest | null,
  ) {}

  /** Locks the checkpoint and reads it. Throws VOLLEY_CHECKPOINT_EXISTS if the job runs. */
  static async open(root: string, checkpoint: string, context: TaskContext): Promise<CheckpointStore> {
    const directory = join(root, checkpointName(checkpoint))
    await makeDirectory(directory)
    const lock = await JobLock.take(join(directory, 'lock'), checkpoint)
    try {
      return new CheckpointStore(directory, lock, context, await readManifest(directory))
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  get manifest(): Manifest | null {
    return this.current
  }

  /** Where the rows of stages lie. */
  get rowsDirectory(): string {
    return join(this.directory, ROWS)
  }

  /** Forgets what was there and begins a job. */
  async begin(job: JobDescription): Promise<void> {
    await this.removeKept()
    const manifest: Manifest = {
      version: MANIFEST_VERSION,
      ...job,
      job: randomUUID(),
      began: new Date().toISOString(),
      status: 'running',
      resumed: 0,
      committed: null,
      prepared: null,
      results: {},
      stages: {},
      loading: {},
      times: null,
    }
    await this.write(() => manifest)
  }

  /** Takes up the job that is there. Throws VOLLEY_CHECKPOINT_MISMATCH if it is another. */
  async resume({ checkpoint, fingerprint }: JobDescription): Promise<void> {
    expectSame(checkpoint, this.known.fingerprint, fingerprint)
    await this.write(() => ({ ...this.known, resumed: this.known.resumed + 1 }))
  }

  /**
   * The cut to go on from: that which is prepared, if all outputs are there or can be brought there, else the committed
   * one. Null: from the start.
   */
  async choose(reaches: (stage: string, cut: ConsumerCut, epoch: number) => Promise<boolean>): Promise<KeptCut | null> {
    const { prepared, committed } = this.known
    if (prepared === null) return committed
    for (const [stage, cut] of Object.entries(prepared.consumers)) {
      if (await reaches(stage, cut, prepared.epoch)) continue
      await this.write(() => ({ ...this.known, prepared: null }))
      return committed
    }
    await this.committed(prepared)
    return prepared
  }

  /** The cut with the batches of its works, whose blocks are the caller's. */
  load(cut: KeptCut): Cut<StageState> {
    const works = Object.entries(cut.works).map(([id, { held, ...rest }]) => {
      if (held === null) return [id, { ...rest, held: null }] as const
      const batches = readBlobs(held.blobs, (name) => join(this.directory, `${EPOCH}${cut.epoch}`, name), this.context)
      return [id, { ...rest, held: { state: held.state, batches } }] as const
    })
    return { ...cut, works: Object.fromEntries(works) }
  }

  async keep(epoch: number, stage: string, { state, batches }: StageState): Promise<KeptState> {
    if (batches.length === 0) return { state, blobs: [] }
    const directory = join(this.directory, `${EPOCH}${epoch}`)
    try {
      await mkdir(directory, { recursive: true })
    } catch (error) {
      throw writeError(directory, error)
    }
    const prefix = stage.replaceAll('/', '+')
    return { state, blobs: await writeBlobs(batches, prefix, (name) => join(directory, name), this.context) }
  }

  async prepared(cut: KeptCut): Promise<void> {
    if (Object.values(cut.works).some(({ held }) => (held?.blobs.length ?? 0) > 0)) await syncDirectory(this.directory)
    await this.write(() => ({ ...this.known, prepared: cut }))
  }

  async committed(cut: KeptCut): Promise<void> {
    await this.write(() => ({ ...this.known, committed: cut, prepared: null }))
    await this.removeEpochs(cut.epoch)
  }

  async consumerFinished(stage: string, result: ConsumerResult): Promise<void> {
    await this.write(() => ({ ...this.known, results: { ...this.known.results, [stage]: result } }))
  }

  /** Says that all of a consumer's rows are durable, and what it needs to make them seen. */
  async stageLoading(stage: string, state: Json): Promise<void> {
    await this.write(() => ({ ...this.known, loading: { ...this.known.loading, [stage]: state } }))
  }

  /** Says that a stage has ended, and what it took so far. */
  async stageEnded(stage: string, ended: EndedStage, times: JobTimes): Promise<void> {
    await this.write(() => ({ ...this.known, stages: { ...this.known.stages, [stage]: ended }, times }))
  }

  async finished(): Promise<void> {
    await this.write(() => ({ ...this.known, status: 'finished' }))
    await this.removeKept()
  }

  async close(): Promise<void> {
    await this.lock.release()
  }

  private get known(): Manifest {
    if (this.current !== null) return this.current
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `there is no checkpoint in ${this.directory}`)
  }

  /** One change after the other, each made to what the one before it left. */
  private write(change: () => Manifest): Promise<void> {
    const written = this.writing.then(async () => {
      const manifest = change()
      await writeDurably(join(this.directory, MANIFEST), JSON.stringify(manifest))
      this.current = manifest
    })
    this.writing = written.catch(() => undefined)
    return written
  }

  private async removeKept(): Promise<void> {
    await this.removeEpochs(null)
    await rm(this.rowsDirectory, { recursive: true, force: true })
  }

  /** Removes the batches of all epochs but one. */
  private async removeEpochs(kept: number | null): Promise<void> {
    const names = await readdir(this.directory)
    const old = names.filter((name) => name.startsWith(EPOCH) && name !== `${EPOCH}${kept}`)
    for (const name of old) await rm(join(this.directory, name), { recursive: true, force: true })
  }
}

/** True of consumers that have committed the epoch, or need nothing but their prepared state to go on behind it. */
export async function reaches(consumer: Consumer, state: Json, epoch: number): Promise<boolean> {
  await consumer.open(state)
  try {
    const committed = await consumer.committedEpoch()
    return committed === null || committed >= epoch
  } finally {
    await consumer.abort(true)
  }
}

/** IDs are names of directories. */
function checkpointName(checkpoint: string): string {
  if (/^[\w][\w.-]*$/.test(checkpoint)) return checkpoint
  throw new VolleyError(
    'VOLLEY_INVALID_ARGUMENT',
    `a checkpoint ID consists of letters, digits, '_', '-' and '.', not ${JSON.stringify(checkpoint)}`,
    { checkpoint },
  )
}

async function readManifest(directory: string): Promise<Manifest | null> {
  const path = join(directory, MANIFEST)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
  const manifest = parsed(path, text)
  if (manifest.version === MANIFEST_VERSION) return manifest
  throw new VolleyError(
    'VOLLEY_CORRUPT_FILE',
    `${path} is of version ${manifest.version}, this volley reads version ${MANIFEST_VERSION}`,
    { path, expected: String(MANIFEST_VERSION), actual: String(manifest.version) },
  )
}

function parsed(path: string, text: string): Manifest {
  try {
    return JSON.parse(text) as Manifest
  } catch (error) {
    throw new VolleyError('VOLLEY_CORRUPT_FILE', `${path} is not JSON`, { path }, error)
  }
}
