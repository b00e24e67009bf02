/** The JavaScript function of the js-function suites, as one call per row, per record, and over a whole batch. */

import type { RecordBatch } from 'apache-arrow'

/** Whole cents, so that sums of the results are exact in any order. */
export function discounted(price: number, discount: number): number {
  return Math.floor(price * (1 - discount) * 100)
}

/** Batches of `price` and `discount` in, columns of `cents` out. Loaded by volley's workers. */
export function discountedBatch(
  batch: RecordBatch,
  _: unknown,
  output: { cents: Float64Array },
): { cents: Float64Array } {
  const prices: Float64Array = batch.getChild('price')!.toArray()
  const discounts: Float64Array = batch.getChild('discount')!.toArray()
  discountedColumns(prices, discounts, output.cents)
  return output
}

/**
 * Fills `cents` and returns it. The loop alone: what V8 compiles while it runs is thrown away at code after it that
 * never ran before.
 */
export function discountedColumns(
  prices: ArrayLike<number>,
  discounts: ArrayLike<number>,
  cents: Float64Array,
): Float64Array {
  for (let row = 0; row < cents.length; row++) cents[row] = discounted(prices[row], discounts[row])
  return cents
}

/** The same for a record at a time. */
export function discountedRow(row: { price: number; discount: number }): { cents: number } {
  return { cents: discounted(row.price, row.discount) }
}
