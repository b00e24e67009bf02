/** What every way of running a plan has in common. */

import type { Batch } from '../../io/batch.js'

/** A batch on its way out, and the port it leaves by. The consumer owns its blocks. */
export interface Out {
  readonly port: string
  readonly batch: Batch
}

/** The port of the results. */
export const MAIN = 'main'
/** The port of the records that could not be processed. */
export const REJECTS = 'rejects'

/** Why a strategy cannot run something, as a clause: `a full sort needs all of an unbounded input`. */
export interface Unsupported {
  readonly reason: string
}
