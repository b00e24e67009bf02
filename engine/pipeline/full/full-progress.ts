/** How far the stages of a pipeline in mode `full` are: those with a run of their own, and those that are part of one. */

import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import type { ProgressEvent } from '../../../planner/run-options.js'
import type { EndedStage } from '../checkpoint/manifest.js'
import { BusyTime } from '../progress/busy-time.js'
import { type PhaseClocks, phaseOf } from '../progress/phases.js'
import { isEnded, type ProgressSource, type StageView, waitingView } from '../progress/view.js'
import type { StageReport } from '../report.js'

/** Which stages run as part of which. */
export interface RunParts {
  /** The stages in whose runs a stage is read. */
  runningReaders(id: string): readonly string[]
  /** True of a stage that has a run of its own: a consumer, or one whose rows are kept. */
  hasRun(id: string): boolean
  /** The stages that are part of a stage's run, without itself. */
  partsOf(id: string): readonly FlatStage[]
}

/** What a stage did, as far as it is known. */
interface StageCounts {
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  /** Of its plan. */
  readonly report: { readonly rejected: number } | null
}

export class FullProgress implements ProgressSource {
  /** Nothing waits between stages: each takes all that the one before it gives. */
  readonly queuedBytes = 0
  readonly queuedPeakBytes = 0
  private readonly views: Map<string, StageView>
  private readonly settled = new Map<string, StageReport['status']>()
  private readonly busy = new Map<string, BusyTime>()
  private readonly running = new Set<string>()

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly clocks: PhaseClocks,
    private readonly parts: RunParts,
    /** Stages that an earlier run of the job has ended. */
    before: Readonly<Record<string, EndedStage>> = {},
  ) {
    this.views = new Map(pipeline.stages.map((stage) => [stage.id, waitingView(stage)]))
    for (const [id, { rowsIn, rowsOut, batches, bytes, retries, rejected, busyMs }] of Object.entries(before)) {
      this.settled.set(id, 'done')
      this.busy.set(id, new BusyTime(busyMs))
      this.change(id, { rowsIn, rowsOut, batches, bytes, retries, rejected, rowsDone: rowsIn ?? rowsOut ?? 0 })
    }
  }

  /** Says that the run of a stage begins; the function that it returns, that it ends. */
  begin(stage: FlatStage): () => void {
    const { id } = stage
    const kinds = [stage, ...this.parts.partsOf(id)].map(({ kind }) => kind)
    const clocks = [...new Map(kinds.map((kind) => [phaseOf(kind), this.clocks.of(kind)])).values()]
    const busy = [this.busyOf(id), ...clocks]
    for (const clock of busy) clock.begin()
    this.running.add(id)
    return () => {
      for (const clock of busy) clock.end()
      this.running.delete(id)
    }
  }

  /** Takes how far the plan of a stage's run is. What it reads is what its source has given, if it has one alone. */
  readonly plan = (id: string, event: ProgressEvent): void => {
    const { rows, totalRows, bytes, strategy } = event
    const sources = this.parts.partsOf(id).filter(({ kind }) => kind === 'producer')
    const read = { rowsOfRun: rows, rowsDone: rows, totalRows }
    if (sources.length === 1 && !this.parts.hasRun(sources[0].id)) {
      this.change(sources[0].id, { ...read, rowsIn: rows, rowsOut: rows, bytes })
    }
    this.change(id, { ...read, strategy })
  }

  /** Counts a batch that leaves a stage whose rows are kept, or that a consumer takes. */
  batch(id: string, rows: number): void {
    const { kind, rowsIn, rowsOut, batches, rowsOfRun, totalRows } = this.views.get(id)!
    const hasPlan = totalRows !== null
    const counted = { batches: (batches ?? 0) + 1, ...(hasPlan ? {} : { rowsOfRun: rowsOfRun + rows }) }
    if (kind === 'consumer') this.change(id, { ...counted, rowsIn: (rowsIn ?? 0) + rows })
    else this.change(id, { ...counted, rowsOut: (rowsOut ?? 0) + rows })
  }

  /** Says what became of a stage. */
  ended(id: string, status: StageReport['status'], did: StageCounts | null): void {
    this.settled.set(id, status)
    if (did === null) return
    const { rowsIn, rowsOut, report } = did
    this.change(id, {
      ...(rowsIn === null ? {} : { rowsIn }),
      ...(rowsOut === null ? {} : { rowsOut }),
      ...(report === null ? {} : { rejected: report.rejected }),
    })
  }

  busyMs(id: string): number {
    return this.busy.get(id)?.milliseconds ?? 0
  }

  batches(id: string): number | null {
    return this.views.get(id)?.batches ?? null
  }

  view(): readonly StageView[] {
    return this.pipeline.stages.map(({ id }) => ({ ...this.views.get(id)!, status: this.statusOf(id) }))
  }

  private statusOf(id: string): StageView['status'] {
    const status = this.settled.get(id)
    if (this.running.has(id)) return 'running'
    if (status !== 'done' || this.parts.hasRun(id)) return status ?? 'waiting'
    // It was made ready, and runs with those that read it.
    const readers = this.parts.runningReaders(id).map((reader) => this.statusOf(reader))
    if (readers.every(isEnded)) return 'done'
    return readers.includes('running') ? 'running' : 'waiting'
  }

  private busyOf(id: string): BusyTime {
    const busy = this.busy.get(id) ?? new BusyTime()
    this.busy.set(id, busy)
    return busy
  }

  private change(id: string, changes: Partial<StageView>): void {
    this.views.set(id, { ...this.views.get(id)!, ...changes })
  }
}
