/**
 * Measures the stages of a run by records, which pull from each other in one thread: a stage is busy while it is asked
 * for its next slice and does not itself wait for one.
 */

import type { MemoryViews } from '../../../io/batch.js'
import { batchBytes } from '../../metrics/batch-bytes.js'
import type { PlanPiece } from '../../metrics/plan-part.js'
import type { NodeSpan } from '../../metrics/span.js'
import type { Run } from '../../run.js'
import type { Slice, Slices } from './slices.js'

export class StageMeter {
  /** False if nobody measures the run: slices then pass as they are. */
  readonly isOn: boolean
  private readonly views: MemoryViews
  /** The stages that have been asked and have not answered yet, each by the one before. */
  private readonly asked: NodeSpan[] = []
  private since = 0

  constructor(private readonly run: Run) {
    this.isOn = run.metrics.isOn
    this.views = run.memory.views
  }

  span({ node }: PlanPiece): NodeSpan {
    return this.run.metrics.span(node, 'row')
  }

  /** A stage over slices. */
  stage(piece: PlanPiece, input: Slices, stage: (input: Slices) => Slices): Slices {
    if (!this.isOn) return stage(input)
    return this.source(piece, stage(this.input(piece, input)))
  }

  /** The same slices, counted as what goes into a piece. */
  input(piece: PlanPiece, slices: Slices): Slices {
    if (!this.isOn) return slices
    const span = this.span(piece)
    return counted(slices, ({ batch }) => span.rowsIn(batch.length, batchBytes(this.views, batch)))
  }

  /** Slices that a piece makes. */
  source(piece: PlanPiece, slices: Slices): Slices {
    if (!this.isOn) return slices
    const span = this.span(piece)
    return this.timed(span, slices, ({ batch }) => span.rowsOut(batch.length, batchBytes(this.views, batch)))
  }

  private async *timed(span: NodeSpan, slices: Slices, count: (slice: Slice) => void): Slices {
    try {
      for (;;) {
        this.charge()
        this.asked.push(span)
        const next = await slices.next().finally(() => {
          this.charge()
          this.asked.pop()
        })
        if (next.done === true) return
        count(next.value)
        yield next.value
      }
    } finally {
      await slices.return(undefined)
    }
  }

  /** The time since the last change is that of the stage asked last. */
  private charge(): void {
    const now = performance.now()
    this.asked.at(-1)?.busy(now - this.since)
    this.since = now
  }
}

async function* counted(slices: Slices, count: (slice: Slice) => void): Slices {
  for await (const slice of slices) {
    count(slice)
    yield slice
  }
}
