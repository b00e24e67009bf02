/** A stage of a running graph: what it is, what connects it, and what has become of it. */

import type { ConsumerStage, ProcessorStage, ProducerStage } from '../../../planner/pipeline/definition.js'
import type { FlatStage } from '../../../planner/pipeline/flatten.js'
import type { QueuePeak } from '../progress/peaks.js'
import type { PhaseClocks } from '../progress/phases.js'
import type { StageView } from '../progress/view.js'
import type { PipelineServices } from '../services.js'
import type { Consumer, ConsumerResult, Producer, StageState, StageWork } from '../stage.js'
import type { Cut, CutKeeper } from './barriers.js'
import type { StageCounter, StageCounts } from './counts.js'
import type { Inbox } from './inbox.js'
import type { Outlet } from './outlet.js'
import type { Edge } from './queue.js'

/** What stages are made of. */
export interface StageParts {
  producer(stage: ProducerStage): Promise<Producer>
  work(stage: ProcessorStage): Promise<StageWork>
  consumer(stage: ConsumerStage): Promise<Consumer>
}

/** Where cuts are kept, and what is known from an earlier run of the job. */
export interface StreamCheckpoint extends CutKeeper<unknown> {
  /** Where the job goes on; null: from the start. */
  readonly from: Cut<StageState> | null
  /** Consumers that an earlier run of the job has finished. */
  readonly finished: Readonly<Record<string, ConsumerResult>>
  /** Epochs begin after so many batches of all producers, or so many milliseconds. */
  readonly every: { readonly batches: number | null; readonly milliseconds: number | null }
  consumerFinished(stage: string, result: ConsumerResult): Promise<void>
}

export interface StreamSetting {
  readonly parts: StageParts
  readonly services: PipelineServices
  readonly checkpoint: StreamCheckpoint | null
  /** Batches that a producer extracts before any is passed on; null: each at once. */
  readonly chunk: number | null
  readonly clocks: PhaseClocks
}

export type StageStatus = 'done' | 'failed' | 'skipped' | 'aborted'

export interface StreamedStage {
  readonly id: string
  readonly kind: FlatStage['kind']
  readonly status: StageStatus
  readonly counts: StageCounts
  /** Before it; null of producers. */
  readonly queuePeak: QueuePeak | null
  /** Of a consumer that is done. */
  readonly result: ConsumerResult | null
  readonly error: unknown
  /** The failed stage for which it was skipped or aborted. */
  readonly because: string | null
}

/** What moves batches through a stage. */
export interface StageRunner {
  fail(reason: unknown): void
  go(): Promise<void>
}

export interface RunningStage {
  readonly stage: FlatStage
  readonly counter: StageCounter
  readonly outlet: Outlet
  /** Null of producers. */
  readonly inbox: Inbox | null
  /** Before it. */
  readonly edges: readonly Edge[]
  runner: StageRunner | null
  /** Rows that a producer will give, if it knows. */
  rows: number | null
  hasBegun: boolean
  status: StageStatus | null
  error: unknown
  because: string | null
  result: ConsumerResult | null
}

/** How far it is. */
export function viewOf(running: RunningStage): StageView {
  const { stage, counter, inbox, rows, hasBegun } = running
  const { durationMs: _, busyMs: __, ...counts } = counter.counts()
  return {
    id: stage.id,
    kind: stage.kind,
    status: statusOf(running) ?? (hasBegun ? 'running' : 'waiting'),
    ...counts,
    rowsOfRun: counter.rowsOfRun,
    rowsDone: counts.rowsIn,
    totalRows: rows,
    queued: inbox?.length ?? 0,
    queueCapacity: inbox?.capacity ?? 0,
    strategy: null,
  }
}

/** What became of it, when the run has ended; `failed` is the stage that ended the run. */
export function outcomeOf(running: RunningStage, failed: string | null): StreamedStage {
  const { stage, counter, inbox, error, because, result } = running
  const status = statusOf(running) ?? 'aborted'
  return {
    id: stage.id,
    kind: stage.kind,
    status,
    counts: counter.counts(),
    queuePeak: inbox?.peak ?? null,
    result,
    error,
    because: because ?? (status === 'aborted' ? failed : null),
  }
}

/** Null while it may go on. */
function statusOf({ stage, status, result }: RunningStage): StageStatus | null {
  return status === 'done' && stage.kind === 'consumer' && result === null ? null : status
}
