/** Sorted rows in a file. */

import type { SpilledBatch, SpillFile } from '../../../io/spill/spill-file.js'
import { releaseVector } from '../../kernels/vectors.js'
import type { SpilledRows } from '../../operators/sort/spill.js'
import type { OperatorHandle, Run } from '../../run.js'

export interface SpilledRun {
  readonly file: SpillFile
  /** In order. */
  readonly batches: readonly SpilledBatch[]
  /** Keys of the first rows of the batches, in pieces. */
  readonly firsts: readonly SpilledRows['firsts'][]
}

export async function createSpillFile(run: Run): Promise<SpillFile> {
  const path = await run.spill.createFile()
  const end = run.context.allocate(4)
  run.context.memory.i32[end / 4] = 0
  return { path, end }
}

/** What tasks wrote to a file, in order. */
export function spilledRun({ span }: OperatorHandle, file: SpillFile, written: readonly SpilledRows[]): SpilledRun {
  const batches = written.flatMap((rows) => rows.batches)
  span.spilled(batches.reduce((sum, { bytes }) => sum + bytes, 0))
  return { file, batches, firsts: written.map(({ firsts }) => firsts) }
}

/** Removes the file. */
export async function discardRun({ context, spill }: Run, { file, firsts }: SpilledRun): Promise<void> {
  for (const vector of firsts.flat()) releaseVector(context, vector)
  context.release(file.end)
  await spill.removeFile(file.path)
}
