/** How large batches are: what passes an operator, not what it holds. */

import type { Batch, MemoryViews } from '../../io/batch.js'
import { vectorBytes } from '../../io/vector-bytes.js'

/**
 * Bytes of the buffers of all columns, as far as the rows of the batch reach. A dictionary is shared by many batches and
 * does not pass with each: of such a column the codes count.
 */
export function batchBytes(views: MemoryViews, { columns }: Batch): number {
  return columns.reduce((sum, column) => sum + vectorBytes(views, column, 0, column.length), 0)
}
