/**
 * What a job in mode `full` keeps of its stages, so that it goes on behind those that have ended: the rows that they left to
 * others, and what they did. Rows that nobody will read any more are removed.
 */

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InternalError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import { makeDirectory } from '../checkpoint/durable.js'
import { KeptRows, keepRows } from '../checkpoint/kept-rows.js'
import type { EndedStage, KeptFile } from '../checkpoint/manifest.js'
import type { PhaseClocks } from '../progress/phases.js'
import type { PipelineServices } from '../services.js'
import type { Loading } from '../shared-inputs.js'
import type { Json } from '../stage.js'
import type { Job } from '../streaming/job.js'

export class StageJournal {
  /** Rows of stages that have not ended, by stage and port. */
  private readonly fresh = new Map<string, Map<string, KeptFile | null>>()

  private readonly released = new Set<string>()

  constructor(
    private readonly job: Job,
    private readonly services: PipelineServices,
    private readonly clocks: PhaseClocks,
    /** Stages whose end makes the rows of a stage superfluous. */
    private readonly readersOf: (id: string) => readonly string[],
  ) {}

  /** Names the job's outputs. */
  get jobName(): string {
    return this.job.name
  }

  /** Removes what a process that was killed left half written, or had yet to remove. */
  async begin(): Promise<void> {
    const { store, manifest } = this.job
    await makeDirectory(store.rowsDirectory)
    const needed = Object.entries(manifest.stages)
      .filter(([id]) => this.isNeeded(id))
      .flatMap(([, { ports }]) => Object.values(ports).map((file) => file?.name))
    for (const name of await readdir(store.rowsDirectory)) {
      if (!needed.includes(name)) await rm(join(store.rowsDirectory, name), { force: true })
    }
  }

  /** What a stage did that has ended, in this run or in an earlier one; null if it has not. */
  endedStage(id: string): EndedStage | null {
    return this.job.manifest.stages[id] ?? null
  }

  /** Writes down the rows that leave a stage by a port. */
  async keep(id: string, port: string, load: () => Promise<Loading>): Promise<Frame> {
    const { rowsDirectory } = this.job.store
    const name = `${id.replaceAll('/', '+')}.${port}.arrow`
    this.note(id, port, await keepRows(join(rowsDirectory, name), name, await load(), this.services))
    return this.frame(id, port)!
  }

  /** Notes that nothing left a stage by a port. */
  keepNothing(id: string, port: string): void {
    this.note(id, port, null)
  }

  /** The rows that left a stage by a port; null if there were none, of which nobody knows the columns. */
  frame(id: string, port: string): Frame | null {
    const file = this.portsOf(id)[port]
    if (file === undefined) throw new InternalError(`nothing is kept of port ${port} of stage ${id}`)
    if (file === null) return null
    const path = join(this.job.store.rowsDirectory, file.name)
    return this.services.frameOf(new KeptRows(`rows of stage '${id}'`, path, file, this.services))
  }

  /** Says that a stage has ended. */
  async end(id: string, did: Omit<EndedStage, 'ports'>): Promise<void> {
    await this.job.store.stageEnded(id, { ...did, ports: this.portsOf(id) }, this.clocks.times())
    this.fresh.delete(id)
  }

  /** What a consumer said of its rows when they were durable; null before that. */
  loading(id: string): Json {
    return this.job.manifest.loading[id] ?? null
  }

  async load(id: string, state: Json): Promise<void> {
    await this.job.store.stageLoading(id, state)
  }

  /** Removes rows that nobody reads any more. */
  async release(): Promise<void> {
    for (const id of Object.keys(this.job.manifest.stages)) {
      if (!this.released.has(id) && !this.isNeeded(id)) await this.remove(id)
    }
  }

  private async remove(id: string): Promise<void> {
    this.released.add(id)
    for (const file of Object.values(this.portsOf(id))) {
      if (file !== null) await rm(join(this.job.store.rowsDirectory, file.name), { force: true })
    }
  }

  private isNeeded(id: string): boolean {
    return this.readersOf(id).some((reader) => this.endedStage(reader) === null)
  }

  private portsOf(id: string): Readonly<Record<string, KeptFile | null>> {
    return this.endedStage(id)?.ports ?? Object.fromEntries(this.fresh.get(id) ?? [])
  }

  private note(id: string, port: string, file: KeptFile | null): void {
    this.fresh.set(id, (this.fresh.get(id) ?? new Map<string, KeptFile | null>()).set(port, file))
  }
}
