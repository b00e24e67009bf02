/** The function of the counted plan that calls one: loaded by workers. */

import type { RecordBatch } from 'apache-arrow'

/** Batches of `quantity` and `price` in, `revenue` out. */
export function revenueOf(
  batch: RecordBatch,
  _: unknown,
  output: { revenue: Float64Array },
): { revenue: Float64Array } {
  const quantities: Float64Array = batch.getChild('quantity')!.toArray()
  const prices: Float64Array = batch.getChild('price')!.toArray()
  for (let row = 0; row < output.revenue.length; row++) output.revenue[row] = quantities[row] * prices[row]
  return output
}
