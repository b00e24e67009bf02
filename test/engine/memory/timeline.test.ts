import { MemoryTimeline } from '../../../engine/memory/timeline.js'
import { expect, it } from '../../support/jest.js'

const point = (atMs: number, rssBytes: number) => ({
  atMs,
  rssBytes,
  sharedBytes: 0,
  duckdbBytes: 0,
  strategy: 'bulk' as const,
})

it('keeps all points of a short run', () => {
  const timeline = new MemoryTimeline()
  for (let i = 0; i < 150; i++) timeline.add(point(i * 10, i))
  expect(timeline.points).toHaveLength(150)
})

it('stays short however long the run is, in order, from its begin to its end, with the peak', () => {
  const timeline = new MemoryTimeline()
  for (let i = 0; i < 50_000; i++) timeline.add(point(i * 10, i === 31_234 ? 1e9 : i % 100))
  const { points } = timeline
  expect(points.length).toBeGreaterThan(90)
  expect(points.length).toBeLessThanOrEqual(200)
  expect(points.map(({ atMs }) => atMs)).toEqual(points.map(({ atMs }) => atMs).sort((a, b) => a - b))
  expect(points[0].atMs).toBeLessThan(10_000)
  expect((points.at(-1) as { atMs: number }).atMs).toBeGreaterThan(490_000)
  expect(Math.max(...points.map(({ rssBytes }) => rssBytes))).toBe(1e9)
})
