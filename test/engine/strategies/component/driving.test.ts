/** One component, whichever of its methods runs: the same rows at the same ports. */

import type { RecordBatch } from 'apache-arrow'
import { Component, type Emit } from '../../../../index.js'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'
import { type Delegate, delegates, numbers, Pass, Repeat, RepeatBatches, rowsOf } from './components.js'

const scene = Scene.forFile({ threads: 1 })
const ROWS = 70_000

let strategies: readonly Delegate[]
beforeAll(() => {
  strategies = delegates(scene.engine)
})

/** Comparing so many numbers one by one is slow in the runner. */
function isEqual(found: Int32Array, expected: readonly number[]): boolean {
  return found.length === expected.length && found.every((value, i) => value === expected[i])
}

describe.each(['asRow', 'asBulk'])('driven %s', (strategy) => {
  it.each([
    ['processRow', () => new Repeat()],
    ['processBulk', () => new RepeatBatches()],
  ])('%s gives all rows in order, and the others by their port', async (_, make) => {
    const rejected: [number, string][] = []
    const ports = {
      rejects: (batch: RecordBatch, { component }: { readonly component: string }) => {
        expect(component).toBe('repeat')
        for (const row of batch) rejected.push([row.id, row.reason])
      },
    }
    const result = await numbers(scene.engine, ROWS).apply(make()).collect({ strategy, ports })
    const ids = result.getChild('id')?.toArray() as Int32Array
    const copies = result.getChild('copy')?.toArray() as Int32Array
    const expected = Array.from({ length: ROWS }, (_, id) =>
      Array.from({ length: Math.max(0, (id % 5) - 1) }, () => id),
    )
    expect(isEqual(ids, expected.flat())).toBe(true)
    expect(
      isEqual(
        copies,
        expected.flatMap((rows) => rows.map((_, copy) => copy)),
      ),
    ).toBe(true)
    expect(rejected.length).toBe(ROWS / 5)
    expect(rejected.slice(0, 2)).toEqual([
      [0, 'n is -1'],
      [5, 'n is -1'],
    ])
  })

  it('passes views of its input on without copying them, and what finish emits after them', async () => {
    const frame = numbers(scene.engine, 1000).apply(new Pass())
    for (let run = 0; run < 2; run++) {
      const rows = await rowsOf(frame.rows({ strategy }))
      expect(rows.length).toBe(1001)
      expect(rows[7]).toEqual({ id: 7, n: 1 })
      expect(rows[1000]).toEqual({ id: 999, n: null })
    }
  })

  it('stands anywhere in a plan', async () => {
    const frame = numbers(scene.engine, 1000)
      .filter('id < 500')
      .apply(new Repeat())
      .groupBy('id')
      .agg({ copies: 'count(*)' })
      .sort('id')
      .limit(3)
    expect(await rowsOf(frame.rows({ strategy }))).toEqual([
      { id: 2, copies: 1n },
      { id: 3, copies: 2n },
      { id: 4, copies: 3n },
    ])
  })

  it('reads no more of its input than is asked for', async () => {
    let made = 0
    function* endless() {
      for (;;) yield { id: made++, n: 1 }
    }
    const frame = scene.engine.fromRecords(endless(), { id: 'int32', n: 'int32' }).apply(new Repeat()).limit(10)
    expect(await frame.count({ strategy })).toBe(10)
    expect(made).toBeLessThan(1_000_000)
  })

  it('takes no rows at all', async () => {
    const table = await numbers(scene.engine, 0).apply(new RepeatBatches()).collect({ strategy })
    expect([table.numRows, table.schema.fields.map((field) => field.name)]).toEqual([0, ['id', 'copy']])
  })
})

it('records pass a method for batches in small ones where they should pass one at a time', async () => {
  const component = new RepeatBatches()
  await numbers(scene.engine, 1000).apply(component).count({ strategy: 'asRow' })
  expect(Math.max(...component.sizes)).toBeLessThanOrEqual(64)
  component.sizes.length = 0
  await numbers(scene.engine, 1000).apply(component).count({ strategy: 'asBulk' })
  expect(component.sizes).toEqual([1000])
})

it('what passes is counted by component and port', async () => {
  const [asRow] = strategies
  await numbers(scene.engine, 1000).apply(new Repeat()).count({ strategy: 'asRow' })
  expect(asRow.seen.at(-1)).toEqual({
    component: 'repeat',
    strategy: 'asRow',
    rowsIn: 1000,
    batchesIn: 1,
    rowsOut: { main: 1200, rejects: 200 },
    batchesOut: { main: 1, rejects: 1 },
    calls: 1000,
    counters: { delegated: 1 },
  })
})

it('methods may be asynchronous, and emit whole tables', async () => {
  class Slow extends Component {
    readonly name = 'slow'
    readonly schema = { id: 'int32' }

    override async processRow({ id }: Record<string, unknown>, emit: Emit): Promise<void> {
      await new Promise(setImmediate)
      emit({ id })
    }

    override async finish(emit: Emit): Promise<void> {
      emit(await numbers(scene.engine, 2).select('id').collect())
    }
  }
  const frame = numbers(scene.engine, 3).apply(new Slow())
  expect((await rowsOf(frame.rows())).map(({ id }) => id)).toEqual([0, 1, 2, 0, 1])
})

it('nothing is left in the shared memory', async () => {
  const frame = numbers(scene.engine, 10_000).apply(new RepeatBatches())
  const before = scene.engine.memoryUsage().usedBytes
  await frame.count({ strategy: 'asRow' })
  await rowsOf(frame.limit(5).rows({ strategy: 'asBulk' }))
  expect(scene.engine.memoryUsage().usedBytes).toBe(before)
})
