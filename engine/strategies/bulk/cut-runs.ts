/** Cuts the rows that a sort has gathered into the runs that it sorts at a time. */

import type { Batch } from '../../../io/batch.js'
import { isContinuation } from '../../kernels/vectors/rejoin.js'
import type { SharedMemory } from '../../memory/shared-memory.js'
import type { Gathered } from './sort-input.js'

/** The part of the shared memory that may be in use while a run is sorted. */
const MOST_OF_MEMORY = 0.8
/** Slices of one morsel that have this part of the room need no copy to be sorted, and are a run of their own. */
const LARGE_SHARE = 1 / 8

/** Each run has room to be sorted beside all rows, unless a single piece has not. */
export function* cutRuns(gathered: Gathered, memory: SharedMemory, roomBytes: number): Generator<Gathered> {
  const { rows, bytes, growthBytes } = gathered
  const free = Math.max(0, memory.limit * MOST_OF_MEMORY - memory.statistics().bytes)
  const mostRows = rows * Math.min(1, free / Math.max(1, growthBytes))
  const largeRows = (rows * roomBytes * LARGE_SHARE) / Math.max(1, bytes)
  const runOf = (pieces: readonly Batch[]): Gathered => {
    const share = rowsOf(pieces) / rows
    return { pieces, rows: rowsOf(pieces), bytes: bytes * share, growthBytes: growthBytes * share }
  }
  let run: Batch[] = []
  for (const morsel of morselsOf(gathered.pieces)) {
    const isLarge = morsel.length > 1 && rowsOf(morsel) > largeRows
    if (run.length > 0 && (isLarge || rowsOf(run) + rowsOf(morsel) > mostRows)) {
      yield runOf(run)
      run = []
    }
    run.push(...morsel)
    if (!isLarge) continue
    yield runOf(run)
    run = []
  }
  if (run.length > 0) yield runOf(run)
}

/** Pieces that follow each other in memory, together. */
function* morselsOf(pieces: readonly Batch[]): Generator<Batch[]> {
  let morsel: Batch[] = []
  for (const piece of pieces) {
    const last = morsel.at(-1)
    if (last !== undefined && !isContinuation(last, piece)) {
      yield morsel
      morsel = []
    }
    morsel.push(piece)
  }
  if (morsel.length > 0) yield morsel
}

function rowsOf(pieces: readonly Batch[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}
