/** Reads sources for records: a row group or batch at a time, decoded in this thread. */

import type { Batch } from '../../../io/batch.js'
import { decodeMorsel } from '../../../io/parquet/reader.js'
import type { Morsel } from '../../../io/source.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { NodeSpan } from '../../metrics/span.js'
import type { Run } from '../../run.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { PipelineSource } from '../pipeline.js'
import { type RecordWork, stageContext, type Turns } from './context.js'
import { SliceCutter, type Slices } from './slices.js'

/** Uncompressed bytes that the codec decodes at a time, at least a column: it never gives memory back. */
const CODEC_BYTES = 8 << 20

export async function* scanSlices(
  { run, meter }: RecordWork,
  source: Extract<PipelineSource, { kind: 'scan' }>,
  turns: Turns,
): Slices {
  const span = meter.span(source)
  const context = stageContext(run, 'scan', span)
  const cutter = new SliceCutter()
  const request = { columns: source.columns, predicate: source.predicate, isPrompt: true }
  for await (const morsel of source.source.morsels(request, context)) {
    await turns.pass()
    const batches = decoded(run, morsel, context, span)
    const place = morsel.kind === 'parquet' ? { path: morsel.path, rowGroup: morsel.rowGroup } : {}
    let { firstRow } = morsel
    try {
      for (const batch of batches) {
        for (const slice of cutter.cut(batch, { ...place, firstRow, rows: null, isKnown: true })) {
          await turns.pass()
          yield slice
        }
        firstRow += batch.length
      }
    } finally {
      for (const batch of batches) releaseBatch(context, batch)
    }
  }
}

function decoded(run: Run, morsel: Morsel, context: TaskContext, span: NodeSpan): readonly Batch[] {
  const { counts } = run
  if (morsel.kind === 'batch') {
    counts.rowsIn += morsel.batch.length
    span.rowsIn(morsel.batch.length, 0)
    run.onCount()
    return [morsel.batch]
  }
  const { batches, bytesRead } = decodeMorsel(morsel, context, { codecBytes: CODEC_BYTES })
  counts.rowsIn += morsel.rows
  counts.bytesRead += bytesRead
  span.rowsIn(morsel.rows, bytesRead)
  run.onCount()
  return batches
}
