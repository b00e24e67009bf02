/** The JavaScript function of the js-function suites, as one call per row and over a whole batch. */

import { RecordBatch as ArrowBatch, Field, Float64, makeData, type RecordBatch, Schema, Struct } from 'apache-arrow'

/** Whole cents, so that sums of the results are exact in any order. */
export function discounted(price: number, discount: number): number {
  return Math.floor(price * (1 - discount) * 100)
}

const SCHEMA = new Schema([new Field('cents', new Float64(), false)])

/** Batches of `price` and `discount` in, batches of `cents` out. Loaded by volley's workers. */
export function discountedBatch(batch: RecordBatch): RecordBatch {
  const prices: Float64Array = batch.getChild('price')!.toArray()
  const discounts: Float64Array = batch.getChild('discount')!.toArray()
  const cents = new Float64Array(batch.numRows)
  for (let row = 0; row < cents.length; row++) cents[row] = discounted(prices[row], discounts[row])
  const column = makeData({ type: new Float64(), length: cents.length, nullCount: 0, data: cents })
  return new ArrowBatch(
    SCHEMA,
    makeData({ type: new Struct(SCHEMA.fields), length: cents.length, nullCount: 0, children: [column] }),
  )
}
