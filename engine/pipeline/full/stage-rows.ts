/** The rows that leave the stages of a run in mode `full`, as far as they are no part of another's plan: read, detached, kept. */

import type { RecordBatch } from 'apache-arrow'
import type { Batch } from '../../../io/batch.js'
import { VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { ProducerStage } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { RunOptions, RunReport } from '../../../planner/run-options.js'
import { REJECT_COLUMNS } from '../../recovery/rejected-record.js'
import type { StageErrors } from '../errors/stage-errors.js'
import { openProducer } from '../extract/open-producer.js'
import type { PlacedProcessor } from '../placements/body.js'
import type { PipelineServices } from '../services.js'
import type { SharedInputs } from '../shared-inputs.js'
import type { FunctionTransform } from '../transforms/apply-transforms.js'
import { keepsRow } from './chain-counts.js'
import { DetachedWork, openDetached } from './detached-function.js'
import type { ExtractedInputs } from './extracted-inputs.js'
import type { FullProgress } from './full-progress.js'
import { guardedSchema, openGuarded, type StageInput } from './guarded-stage.js'
import { loadingOf } from './loading.js'
import { PlanRejects } from './plan-rejects.js'
import type { StageJournal } from './stage-journal.js'
import type { StageLinks } from './stage-links.js'

export const REJECTS = 'rejects'
const MAIN = 'main'

export interface StageRowsSetting {
  readonly pipeline: FlatPipeline
  readonly services: PipelineServices
  readonly links: StageLinks
  readonly shared: SharedInputs
  /** Where a job keeps rows; null: in memory, or in files that go with the process. */
  readonly journal: StageJournal | null
  readonly extracted: ExtractedInputs | null
  readonly progress: FullProgress
  /** Where records go that the plan of a kept stage rejects; null: the first ends the run. */
  readonly catchesOf: (stage: FlatStage) => StageErrors | null
  /** Null for stages whose failing records are not left out one by one. */
  readonly guardsOf: (stage: PlacedProcessor) => StageErrors | null
  readonly isKept: (stage: FlatStage) => boolean
  readonly runOptions: (stage: FlatStage) => RunOptions
}

/** What was read for a stage. */
export interface Taken {
  /** From the sources. */
  readonly rows: number
  readonly bytes: number
  /** What the stage itself took; null where that is not known. */
  readonly rowsIn: number | null
}

export class StageRows {
  /** Of the plans that were run for rows that are kept. */
  readonly reports = new Map<string, RunReport>()
  private readonly counts = new Map<string, number>()
  private readonly retried = new Map<string, number>()
  /** Sources that a job has kept as they were read. */
  private readonly kept = new Set<string>()
  /** What the detached steps of a stage put out, as shared inputs. */
  private readonly steps = new Map<string, string[]>()
  /** By stage, the first step that is no part of a plan. */
  private readonly firstSteps = new Map<string, number>()
  private readonly taken = new Map<string, Taken>()
  private readonly functions = new Map<string, DetachedWork>()
  private readonly rejected = new Map<string, RecordBatch[]>()
  private attempts = 0

  constructor(private readonly setting: StageRowsSetting) {}

  /** How often a source had something done again by itself. */
  retriesOf(id: string): number {
    return this.retried.get(id) ?? 0
  }

  /** Rows that left a stage; null if they were not counted. */
  countOf(id: string): number | null {
    return this.counts.get(id) ?? null
  }

  /** What the plan of a stage read; of one with functions that are no part of a plan, the plan before the first of them. */
  readBy(id: string): Taken | null {
    const taken = this.taken.get(id)
    if (taken !== undefined) return taken
    const report = this.reports.get(id)
    return report === undefined ? null : { rows: report.rowsIn, bytes: report.bytesRead, rowsIn: null }
  }

  async close(): Promise<void> {
    for (const one of this.functions.values()) await one.close()
  }

  /** Sources that no plan can scan are read at once. */
  async produced(stage: ProducerStage): Promise<Frame> {
    const { id, source } = stage
    const { extracted, pipeline, shared, journal, services: own } = this.setting
    const load = async (services: PipelineServices) => {
      const producer = await openProducer(stage, { services, id, directory: '', batchRows: pipeline.batchSize })
      producer.onRetry = () => this.retried.set(id, this.retriesOf(id) + 1)
      const { schema, batches } = await loadingOf(producer)
      return { schema, batches: this.counting(stage, batches) }
    }
    if (extracted?.isShared(source) === true) return extracted.frame(source, load)
    if (journal === null) return shared.frame(`${id}, read`, () => load(own))
    this.kept.add(id)
    return journal.keep(id, MAIN, () => load(own))
  }

  /** The rows of a stage, with those that left by other ports, where all that read them find them. */
  async keep(stage: FlatStage, rows: Frame): Promise<Frame> {
    const { id } = stage
    const { shared, journal } = this.setting
    if (this.kept.has(id)) return rows
    const rejected: RecordBatch[] = []
    const errors = this.setting.catchesOf(stage)
    const letters = errors === null ? null : new PlanRejects(errors)
    const isAsked = letters !== null || this.setting.links.portsReadOf(id).includes(REJECTS)
    const rejects = async (batch: RecordBatch) => {
      rejected.push(batch)
      await letters?.options.rejects?.(batch)
    }
    this.rejected.set(id, rejected)
    const options = { ...this.keptOptions(stage), ...(isAsked ? { rejects } : {}) }
    const load = async () => ({
      schema: await schemaOf(rows),
      batches: this.counting(stage, this.setting.services.batchesOf(rows, options, this.reporting(stage))),
    })
    try {
      const kept = journal === null ? await shared.frame(id, load) : await journal.keep(id, MAIN, load)
      errors?.passedUnordered(this.counts.get(id) ?? 0)
      if (journal !== null) {
        await this.keepPorts(stage, journal)
        for (const step of this.steps.get(id) ?? []) await shared.release(step)
      }
      return kept
    } catch (error) {
      throw letters === null ? error : letters.reasonOf(error)
    }
  }

  /** The rows of a stage that leaves out records it fails for; null for others, which are frames. */
  guarded(given: StageInput): Promise<Frame> | null {
    const { stage, input } = given
    const { services, pipeline, guardsOf } = this.setting
    const errors = guardsOf(stage)
    if (errors === null) return null
    const open = () => openGuarded(given, errors, services)
    return guardedSchema(given).then((schema) =>
      this.detachedFrame(stage, 0, input, new DetachedWork(open, schema, services, pipeline.batchSize)),
    )
  }

  async detached(stage: PlacedProcessor, input: Frame, transform: FunctionTransform): Promise<Frame> {
    const { services, pipeline } = this.setting
    const index = stage.transforms.indexOf(transform)
    const open = () => openDetached(stage, transform, services)
    const work = new DetachedWork(open, transform.schema, services, pipeline.batchSize)
    return this.detachedFrame(stage, index, input, work)
  }

  /** Rows that left a stage by a port that is neither `main` nor a route. */
  async emitted({ id }: FlatStage, port: string): Promise<Frame> {
    const { journal } = this.setting
    const frame = journal === null ? this.emittedNow(id, port) : journal.frame(id, port)
    if (frame === null) throw emptyPort(id, port)
    return frame
  }

  /** Null if nothing did. */
  private emittedNow(id: string, port: string): Frame | null {
    const { scans, runtime } = this.setting.services
    if (port === REJECTS) {
      const batches = this.rejected.get(id) ?? []
      return new Frame(batches.length === 0 ? scans.records([], REJECT_COLUMNS) : scans.tables(batches), runtime)
    }
    for (const [key, work] of this.functions) {
      const frame = key.startsWith(`${id}, step `) ? work.port(port) : null
      if (frame !== null) return frame
    }
    return null
  }

  /** What left by ports is there once the rows of `main` are. */
  private async keepPorts(stage: FlatStage, journal: StageJournal): Promise<void> {
    const { id } = stage
    const { links, services } = this.setting
    const routes = stage.kind === 'processor' ? stage.routes.map(({ port }) => port) : []
    for (const port of links.portsReadOf(id)) {
      if (port === MAIN || routes.includes(port)) continue
      const frame = this.emittedNow(id, port)
      if (frame === null) journal.keepNothing(id, port)
      else {
        const load = async () => ({ schema: await schemaOf(frame), batches: services.batchesOf(frame) })
        await journal.keep(id, port, load)
      }
    }
  }

  /** A plan over what a function put out tells nothing of the sources. */
  private keptOptions(stage: FlatStage): RunOptions {
    return this.firstSteps.has(stage.id) ? this.setting.runOptions(stage) : this.planOptions(stage)
  }

  private planOptions(stage: FlatStage): RunOptions {
    const { progress, runOptions } = this.setting
    return { ...runOptions(stage), onProgress: (event) => progress.plan(stage.id, event) }
  }

  private reporting({ id }: FlatStage): (report: RunReport) => void {
    return (report) => this.reports.set(id, report)
  }

  private async *counting(stage: FlatStage, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const { id } = stage
    this.counts.set(id, 0)
    for await (const batch of this.working(stage, batches)) {
      this.counts.set(id, (this.counts.get(id) ?? 0) + batch.length)
      this.setting.progress.batch(id, batch.length)
      yield batch
    }
  }

  private async *working(stage: FlatStage, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const end = this.setting.progress.begin(stage)
    try {
      yield* batches
    } finally {
      end()
    }
  }

  /** `step` is the first of those that the work does. */
  private async detachedFrame(stage: PlacedProcessor, step: number, input: Frame, work: DetachedWork): Promise<Frame> {
    const { shared, services, runOptions, isKept } = this.setting
    const { id } = stage
    const key = `${id}, step ${step}`
    const first = this.firstSteps.get(id) ?? step
    this.firstSteps.set(id, first)
    const isKeepingRows = stage.transforms.slice(0, step).every(keepsRow)
    const taken = ({ rowsIn: rows, bytesRead: bytes, rowsOut }: RunReport) => {
      this.taken.set(id, { rows, bytes, rowsIn: isKeepingRows ? rowsOut : null })
    }
    const name = `${key}, attempt ${++this.attempts}`
    this.steps.set(id, [...(this.steps.get(id) ?? []), name])
    await this.functions.get(key)?.close()
    this.functions.set(key, work)
    return shared.frame(name, async () => {
      const read =
        step === first
          ? services.batchesOf(input, this.planOptions(stage), taken)
          : services.batchesOf(input, runOptions(stage))
      const { schema, batches } = await work.load(read)
      // Rows that are kept are counted as they are.
      return { schema, batches: isKept(stage) ? this.working(stage, batches) : this.counting(stage, batches) }
    })
  }
}

export function emptyPort(stage: string, port: string): VolleyError {
  const message = `nothing left stage '${stage}' by port '${port}'`
  return new VolleyError('VOLLEY_INVALID_ARGUMENT', message, { stage, port, isEmptyPort: true })
}
