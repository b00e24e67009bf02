/** What the stages of the benchmark's pipelines do: sources that cost little, and functions that return what they get. */

import { Field, Float64, Int32, Int64, makeData, RecordBatch, Schema, Struct } from 'apache-arrow'

interface Amount {
  /** Rows of a batch. */
  readonly rows: number
  readonly batches: number
}

const [ID, SENSOR, VALUE] = [new Int64(), new Int32(), new Float64()]
const FIELDS = [new Field('id', ID), new Field('sensor', SENSOR), new Field('value', VALUE)]

/** The same batch again and again. */
export function* sameBatches({ rows, batches }: Amount): Generator<RecordBatch> {
  const batch = batchOf(rows, 0)
  for (let i = 0; i < batches; i++) yield batch
}

/** Batches of ascending ids. */
export function* newBatches({ rows, batches }: Amount): Generator<RecordBatch> {
  for (let i = 0; i < batches; i++) yield batchOf(rows, i * rows)
}

export function sameBatch(batch: RecordBatch): RecordBatch {
  return batch
}

export function sameRecord(record: object): object {
  return record
}

/** When batches came to a consumer of this thread. */
export const arrivals: number[] = []

export function arrive(): void {
  arrivals.push(performance.now())
}

function batchOf(rows: number, first: number): RecordBatch {
  const ids = new BigInt64Array(rows)
  const sensors = new Int32Array(rows)
  const values = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    ids[row] = BigInt(first + row)
    sensors[row] = (first + row) % 1000
    values[row] = ((first + row) * 7) % 1000
  }
  const children = [
    makeData({ type: ID, data: ids }),
    makeData({ type: SENSOR, data: sensors }),
    makeData({ type: VALUE, data: values }),
  ]
  return new RecordBatch(new Schema(FIELDS), makeData({ type: new Struct(FIELDS), length: rows, children }))
}
