import fc from 'fast-check'
import { taskBounds } from '../../../../engine/strategies/bulk/task-bounds.js'
import { expect, it } from '../../../support/jest.js'

const firstRows = (runs: number, batchRows: number) =>
  Array.from({ length: runs }, (_, run) => taskBounds(1_000_000, batchRows, run)[0][1])

it('cuts all rows into tasks of whole batches behind a first batch', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 100 }),
      fc.nat(1000),
      (rows, batchRows, run) => {
        const bounds = taskBounds(rows, batchRows, run)
        expect(bounds.map(([from]) => from)).toEqual([0, ...bounds.slice(0, -1).map(([, to]) => to)])
        expect(bounds.at(-1)![1]).toBe(rows)
        const lengths = bounds.map(([from, to]) => to - from)
        expect(Math.min(...lengths)).toBeGreaterThan(0)
        expect(lengths[0]).toBeLessThanOrEqual(batchRows)
        expect(new Set(lengths.slice(1, -1).map((length) => length % batchRows))).toEqual(
          new Set(lengths.length > 2 ? [0] : []),
        )
      },
    ),
    { seed: 3 },
  )
})

it('lets the batches of the runs begin at places that are spread evenly', () => {
  for (const runs of [2, 3, 10, 97, 400]) {
    const places = firstRows(runs, 10_000).sort((a, b) => a - b)
    const gaps = places.map((place, i) => (i + 1 < runs ? places[i + 1] : places[0] + 10_000) - place)
    expect((Math.max(...gaps) * runs) / 10_000).toBeLessThan(2.7)
  }
})
