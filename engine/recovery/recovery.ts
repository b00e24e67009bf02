/** What a run does about failures, as its options say. */

import { REJECTS_PORT, type RunOptions } from '../../planner/run-options.js'
import { Rejects } from './rejects.js'
import { Retries } from './retries.js'

export interface Recovery {
  /** Null if the first record that cannot be processed ends the run. */
  readonly rejects: Rejects | null
  readonly retries: Retries
}

/** True if a run would collect what it rejects. */
export function wantsRejects({ rejects, ports }: Pick<RunOptions, 'rejects' | 'ports'>): boolean {
  return rejects !== undefined || ports?.[REJECTS_PORT] !== undefined
}

export function recoveryOf({ rejects, ports, maxRejects, retries }: RunOptions): Recovery {
  const port = ports?.[REJECTS_PORT]
  const handler = rejects ?? (port === undefined ? null : (batch) => port(batch, { component: '' }))
  return {
    rejects: handler === null ? null : new Rejects(handler, maxRejects ?? Number.POSITIVE_INFINITY),
    retries: new Retries(retries ?? { count: 0 }),
  }
}

/** True if a task may have to be done again, so that nothing may be seen of one that failed. */
export function repeatsTasks({ rejects, retries }: Recovery): boolean {
  return rejects !== null || retries.areOn
}
