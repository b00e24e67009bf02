/**
 * A consumer that commits by itself, as a database does, beside another: if the job is killed between the two commits, one
 * has the epoch and the other has lost it. So what came since the last commit lies in a file too, from which it is written
 * again.
 */

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Batch } from '../../../io/batch.js'
import { retainBatch } from '../../../io/block-sharing.js'
import { writeError } from '../../../io/file-errors.js'
import { IpcSink } from '../../../io/ipc/ipc-sink.js'
import { InternalError } from '../../../planner/errors.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Consumer, ConsumerResult, Json } from '../stage.js'
import { type Blob, readBlobs } from './blobs.js'

interface SpooledState {
  readonly epoch: number
  /** Of the consumer, at the epoch before and at this one. */
  readonly before: Json
  readonly after: Json
  /** What came in between; null: nothing. */
  readonly spool: Blob | null
  /** As `after` has them, where others look for them. */
  readonly errors: Json
}

interface Spool {
  readonly blob: Blob
  readonly sink: IpcSink
}

export class SpooledConsumer implements Consumer {
  readonly isResumable = true
  private current: Consumer | null = null
  private spool: Spool | null = null
  private sealed: Blob | null = null
  private last: Json = null
  private files = 0

  constructor(
    private readonly make: () => Promise<Consumer>,
    private readonly stage: string,
    private readonly directory: string,
    private readonly context: TaskContext,
  ) {}

  get rejected(): number {
    return this.current?.rejected ?? 0
  }

  async open(given: Json | null): Promise<void> {
    const state = given as unknown as SpooledState | null
    await this.makeDirectory(state?.spool?.name ?? null)
    this.current = await this.make()
    await this.current.open(state?.after ?? null)
    if (state === null) return
    this.last = state.after
    if (((await this.current.committedEpoch()) ?? state.epoch) >= state.epoch) return
    await this.current.abort(true)
    this.current = await this.make()
    await this.writeAgain(this.current, state)
  }

  async write(batch: Batch): Promise<void> {
    this.spool ??= await this.begin(batch)
    await this.spool.sink.write(retainBatch(this.context, batch))
    await this.consumer.write(batch)
  }

  async prepare(epoch: number): Promise<Json> {
    await this.spool?.sink.finish()
    this.sealed = this.spool?.blob ?? null
    this.spool = null
    const before = this.last
    this.last = await this.consumer.prepare(epoch)
    const state: SpooledState = { epoch, before, after: this.last, spool: this.sealed, errors: errorsIn(this.last) }
    return state as unknown as Json
  }

  async commit(epoch: number): Promise<void> {
    await this.consumer.commit(epoch)
    if (this.sealed !== null) await rm(join(this.directory, this.sealed.name), { force: true })
    this.sealed = null
  }

  /** Whatever it was, the file brings it there. */
  async committedEpoch(): Promise<number | null> {
    return null
  }

  finish(): Promise<ConsumerResult> {
    return this.consumer.finish()
  }

  async abort(keep: boolean): Promise<void> {
    await this.spool?.sink.abort()
    await this.current?.abort(keep)
  }

  private get consumer(): Consumer {
    if (this.current === null) throw new InternalError(`the consumer of stage ${this.stage} is not open`)
    return this.current
  }

  private async writeAgain(consumer: Consumer, { epoch, before, spool }: SpooledState): Promise<void> {
    await consumer.open(before)
    const blobs = spool === null ? [] : [spool]
    for (const batch of readBlobs(blobs, (name) => join(this.directory, name), this.context))
      await consumer.write(batch)
    await consumer.prepare(epoch)
    await consumer.commit(epoch)
  }

  private async begin({ schema }: Batch): Promise<Spool> {
    const { memory: views, allocate, release } = this.context
    const name = `${this.prefix}${process.pid}-${this.files++}.arrow`
    const path = join(this.directory, name)
    const sink = await IpcSink.open(path, schema, { views, allocate, release }, { overwrite: true, format: 'file' })
    return { blob: { name, schema }, sink }
  }

  private get prefix(): string {
    return `${this.stage.replaceAll('/', '+')}-`
  }

  /** Removes what earlier processes left in it, but for one file. */
  private async makeDirectory(kept: string | null): Promise<void> {
    try {
      await mkdir(this.directory, { recursive: true })
      for (const name of await readdir(this.directory)) {
        const isOwn = name.startsWith(this.prefix) || name.startsWith(`.${this.prefix}`)
        if (isOwn && name !== kept) await rm(join(this.directory, name), { force: true })
      }
    } catch (error) {
      throw writeError(this.directory, error)
    }
  }
}

function errorsIn(state: Json): Json {
  return (state as { readonly errors?: Json } | null)?.errors ?? null
}
