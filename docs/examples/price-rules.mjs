// Functions for docs/examples/user-function.mjs, which volley's workers load.
import { Field, Float64, makeData, RecordBatch, Schema, Struct } from 'apache-arrow'

const schema = new Schema([new Field('price', new Float64(), true)])

/** A batch in, a batch out. The columns are views: nothing is copied to get here. */
export function discountPrices(batch, { floor }) {
  const prices = batch.getChild('price').toArray()
  const discounts = batch.getChild('discount').toArray()
  const result = new Float64Array(batch.numRows)
  for (let row = 0; row < result.length; row++) {
    result[row] = Math.max(floor, prices[row] * (1 - discounts[row]))
  }
  const column = makeData({ type: new Float64(), length: result.length, nullCount: 0, data: result })
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: result.length, nullCount: 0, children: [column] }),
  )
}

/** A row in; a row, several as an array, or nothing out. */
export function splitNote(row) {
  if (row.note === null) return null
  return row.note.split(/\s+/).map((word) => ({ order_id: row.order_id, word: word.toLowerCase() }))
}
