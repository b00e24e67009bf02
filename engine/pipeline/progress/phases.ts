/** The phases that stages belong to, and the time that each is at work. */

import type { StageKind } from '../../../planner/pipeline/definition.js'
import { BusyTime } from './busy-time.js'

export const PHASES = ['extract', 'transform', 'load'] as const
export type PhaseName = (typeof PHASES)[number]

export function phaseOf(kind: StageKind): PhaseName {
  return kind === 'producer' ? 'extract' : kind === 'consumer' ? 'load' : 'transform'
}

/** In milliseconds. */
export interface JobTimes {
  readonly elapsedMs: number
  /** In which a stage of the phase was at work. */
  readonly phases: Readonly<Record<PhaseName, number>>
}

export const NO_TIMES: JobTimes = { elapsedMs: 0, phases: { extract: 0, transform: 0, load: 0 } }

export class PhaseClocks {
  private readonly began = performance.now()
  private readonly clocks: Readonly<Record<PhaseName, BusyTime>>

  /** Goes on with the times of earlier runs of a job. */
  constructor(private readonly before: JobTimes = NO_TIMES) {
    const { extract, transform, load } = before.phases
    this.clocks = { extract: new BusyTime(extract), transform: new BusyTime(transform), load: new BusyTime(load) }
  }

  of(kind: StageKind): BusyTime {
    return this.clocks[phaseOf(kind)]
  }

  times(): JobTimes {
    const { extract, transform, load } = this.clocks
    return {
      elapsedMs: this.before.elapsedMs + performance.now() - this.began,
      phases: { extract: extract.milliseconds, transform: transform.milliseconds, load: load.milliseconds },
    }
  }
}
