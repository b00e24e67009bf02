import * as arrow from 'apache-arrow'
import { type Engine, type Frame, open } from '../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { modulePath } from '../../support/scene.js'

const ROWS = 200_000
const MARKER = -77.5
const schema = { x: 'float64', n: 'int64', text: 'utf8' }
const module = modulePath('marker.mjs')

/** 200,000 rows: 1.6 MB of `x`, as much of `n`, and text. */
function table(rows = ROWS): arrow.Table {
  return new arrow.Table({
    x: arrow.makeVector(Float64Array.from({ length: rows }, (_, i) => i / 2)),
    n: arrow.makeVector(BigInt64Array.from({ length: rows }, (_, i) => BigInt(i))),
    text: arrow.vectorFromArray(
      Array.from({ length: rows }, (_, i) => (i % 10 === 0 ? null : `text ${i}`)),
      new arrow.Utf8(),
    ),
  })
}

interface Place {
  readonly address: number
  readonly bytes: number
  readonly memoryBytes: number
}

/** Where the values of a column lie as the main thread sees them. */
async function placesHere(frame: Frame, column: string): Promise<{ places: Place[]; views: Float64Array[] }> {
  const views: Float64Array[] = []
  for await (const batch of frame.stream()) views.push(batch.getChild(column)?.data[0].values as Float64Array)
  const places = views.map(({ buffer, byteOffset, byteLength }) => {
    expect(buffer).toBeInstanceOf(SharedArrayBuffer)
    return { address: byteOffset, bytes: byteLength, memoryBytes: buffer.byteLength }
  })
  return { places, views }
}

/** The same as a worker sees them. */
async function placesInWorkers(frame: Frame, column: string): Promise<Place[]> {
  const located = frame.mapBatches(
    { module, function: 'locate', kwargs: { column } },
    { schema: { shared: 'bool', memory_bytes: 'float64', address: 'float64', bytes: 'float64' } },
  )
  const places: Place[] = []
  for await (const row of located.rows()) {
    expect(row.shared).toBe(true)
    places.push({ address: Number(row.address), bytes: Number(row.bytes), memoryBytes: Number(row.memory_bytes) })
  }
  return places
}

const marking = (frame: Frame, marker: number) =>
  frame.mapBatches({ module, function: 'mark', kwargs: { column: 'x', marker } }, { schema })

let engine: Engine

beforeAll(async () => {
  engine = await open({ threads: 2 })
})
afterAll(() => engine.close())

describe('column data', () => {
  it('lies at the same place of the same shared memory in the main thread and in the workers', async () => {
    const frame = engine.fromArrow(table())
    const { places, views } = await placesHere(frame, 'x')
    expect(await placesInWorkers(frame, 'x')).toEqual(places)
    expect(places.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(ROWS * 8)
    const { places: ofText } = await placesHere(frame, 'text')
    expect(await placesInWorkers(frame, 'text')).toEqual(ofText)
    // What a worker writes into its view, the main thread reads in the one it has held all along.
    const before = views.map((view) => view[0])
    await marking(frame, MARKER).count()
    expect(views.map((view) => view[0])).toEqual(before.map(() => MARKER))
    // And the other way round.
    views[0][0] = 12.25
    const [first] = (
      await frame
        .mapBatches((batch) => batch, { schema })
        .limit(1)
        .collect()
    ).toArray()
    expect(first.x).toBe(12.25)
  })

  it('comes back from a worker where it went: not a byte of it is copied', async () => {
    const frame = engine.fromArrow(table())
    const { places } = await placesHere(frame, 'x')
    const { places: back, views } = await placesHere(marking(frame, MARKER), 'x')
    expect(back).toEqual(places)
    expect(views[0][0]).toBe(MARKER)
  })

  it('takes no new memory on its way to a worker and back, however much there is', async () => {
    const allocated: number[] = []
    for (const rows of [ROWS / 10, ROWS]) {
      const frame = engine.fromArrow(table(rows))
      const roundTrip = async () => {
        const batches: arrow.RecordBatch[] = []
        for await (const batch of marking(frame, MARKER).stream()) batches.push(batch)
        expect(batches.reduce((sum, batch) => sum + batch.numRows, 0)).toBe(rows)
      }
      // The first run brings the table into the shared memory, and the threads take their scratch.
      for (let i = 0; i < 4; i++) await roundTrip()
      const before = engine.memoryUsage().allocatedBytes
      await roundTrip()
      allocated.push(engine.memoryUsage().allocatedBytes - before)
    }
    // The plan and the word that cancels the run: a few blocks, beside five megabytes of columns.
    for (const bytes of allocated) expect(bytes).toBeLessThan(8192)
    expect(allocated[1]).toBe(allocated[0])
  })

  it('is copied only where a function makes new data', async () => {
    const frame = engine.fromArrow(table())
    const scaled = frame.mapBatches(
      (batch) => {
        const x = batch.getChild('x') as arrow.Vector<arrow.Float64>
        const doubled = arrow.makeVector(Float64Array.from(x.toArray(), (value) => value * 2))
        return new arrow.Table({ x, doubled }).batches[0]
      },
      { schema: { x: 'float64', doubled: 'float64' } },
    )
    const run = async () => {
      let rows = 0
      for await (const batch of scaled.stream()) rows += batch.numRows
      expect(rows).toBe(ROWS)
    }
    await run()
    const before = engine.memoryUsage().allocatedBytes
    await run()
    const allocated = engine.memoryUsage().allocatedBytes - before
    expect(allocated).toBeGreaterThanOrEqual(ROWS * 8)
    expect(allocated).toBeLessThan(ROWS * 8 + 16_384)
  })

  it('of a file is decoded into shared memory, where workers and the main thread see it', async () => {
    const orders = 'data-fixtures/orders.parquet'
    const { places } = await placesHere(engine.scanParquet(orders).select('discount'), 'discount')
    expect(places.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(50_000 * 8)
    expect(places.every(({ address }) => address % 64 === 0)).toBe(true)
  })
})
