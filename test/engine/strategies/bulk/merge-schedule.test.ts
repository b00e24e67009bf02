import fc from 'fast-check'
import { mergeSchedule } from '../../../../engine/strategies/bulk/merge-schedule.js'
import { expect, it } from '../../../support/jest.js'

/** Runs of batches of one or two values, in order. */
const sortedRuns = fc
  .array(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 24 }), { minLength: 1, maxLength: 6 })
  .map((runs) => runs.map((values) => values.sort((a, b) => a - b)))

interface Row {
  readonly value: number
  readonly run: number
  readonly place: number
}

const inOrder = (a: Row, b: Row) => a.value - b.value || a.run - b.run || a.place - b.place

it('gives each part the batches that it needs, which together are all rows in order', () => {
  fc.assert(
    fc.property(sortedRuns, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }), (runs, size, step) => {
      const rows = runs.map((values, run) => values.map((value, place): Row => ({ value, run, place })))
      const batches = rows.flatMap((run) =>
        Array.from({ length: Math.ceil(run.length / size) }, (_, i) => run.slice(i * size, (i + 1) * size)),
      )
      const order = batches.map((_, batch) => batch).sort((a, b) => inOrder(batches[a][0], batches[b][0]))
      const lengths = rows.map((run) => Math.ceil(run.length / size))
      const merged: Row[] = []
      const isOver = new Set<number>()
      for (const { segments, from, to } of mergeSchedule(Uint32Array.from(order), lengths, step)) {
        const [first, last] = [from, to].map((bound) => (bound === null ? null : batches[bound.row][0]))
        const part = segments.flatMap(({ batch, run, isBegun, isContinued }) => {
          expect(isOver.has(batch)).toBe(false)
          if (!isContinued) isOver.add(batch)
          expect(batches[batch][0].run).toBe(run)
          const after = isBegun
            ? batches[batch].filter((row) => first === null || inOrder(row, first) >= 0)
            : batches[batch]
          return isContinued ? after.filter((row) => last !== null && inOrder(row, last) < 0) : after
        })
        expect(segments.map(({ batch }) => batch)).toEqual(segments.map(({ batch }) => batch).sort((a, b) => a - b))
        expect(part.length).toBeGreaterThan(0)
        merged.push(...part.sort(inOrder))
      }
      expect(merged).toEqual(rows.flat().sort(inOrder))
      expect(isOver.size).toBe(batches.length)
    }),
    { seed: 7, numRuns: 200 },
  )
})
