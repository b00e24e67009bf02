import { addedMicroseconds, type BoundaryResult } from '../../native-bench/pipelines/boundaries.js'
import { figureText } from '../../native-bench/report/number-text.js'
import { boundaryCases } from '../../native-bench/suites/pipeline.js'
import { describe, expect, it } from '../support/jest.js'

function resultsOf(inline: number, threads: number, added: number): BoundaryResult[] {
  const kind = { boundary: 'batches', rows: 64_000 } as const
  return [
    { ...kind, placement: 'inline', microseconds: inline, addedMicroseconds: null },
    { ...kind, placement: 'threads', microseconds: threads, addedMicroseconds: added },
  ]
}

describe('the cost of a boundary', () => {
  it('is what a placement adds to the turns inline beside its own', () => {
    // The machine was slower from the second turn of threads on: the medians of both differ by 74.
    expect(addedMicroseconds([60, 130, 126], [50, 52, 110])).toBe(16)
    expect(addedMicroseconds([400], [30, 31, 32])).toBe(370)
  })

  it('is shown beside what the stage takes, and held to its bar', () => {
    const [within] = boundaryCases(resultsOf(56, 60, 4))
    const figures = within.outcomes.map((outcome) => (outcome.status === 'done' ? outcome.figures : []))
    expect(figures).toEqual([[], [{ name: 'boundary', value: 4, unit: 'µs' }]])
    expect(within).toMatchObject({ name: 'batches', size: '64,000 rows a batch', remarks: [] })
    const [beyond] = boundaryCases(resultsOf(10, 70, 60))
    expect(beyond.remarks).toEqual(['The boundary to threads costs more than 50 µs.'])
  })

  it('may be less than nothing', () => {
    expect(figureText({ name: 'boundary', value: -202.4, unit: 'µs' })).toBe('-202 µs')
  })
})
