import { type MemoryEvent, open } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectWorks, Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 2, strategy: 'bulk' })
const input = scene.path('input.parquet')
const ROWS = 200_000

beforeAll(async () => {
  await duckdbRun(`copy (select i, i % 50000 as k, md5(i::varchar) as text from range(${ROWS}) t(i))
    to '${input}' (row_group_size 20000)`)
})

const table = () => scene.engine.scanParquet(input)

describe('the run report', () => {
  it('tells the memory of the process over time', async () => {
    const limit = await open({ threads: 1, memoryLimit: '4GB', strategy: 'bulk' })
    try {
      const report = await limit.scanParquet(input).sort('text').sinkParquet(scene.path('limited.parquet'))
      const { memory } = report
      expect(memory.limitBytes).toBe(4e9)
      expect(memory.peakRssBytes).toBe(report.peakRssBytes)
      expect(memory.timeline.length).toBeGreaterThan(1)
      for (const { rssBytes, strategy, duckdbBytes } of memory.timeline) {
        expect(rssBytes).toBeGreaterThan(20e6)
        expect(rssBytes).toBeLessThanOrEqual(memory.peakRssBytes)
        expect([strategy, duckdbBytes]).toEqual(['bulk', 0])
      }
      expect(Math.max(...memory.timeline.map(({ sharedBytes }) => sharedBytes))).toBeGreaterThan(1e6)
    } finally {
      await limit.close()
    }
  })

  it('tells how much each operator held', async () => {
    const join = table().join(table().select('k', 'i as other').distinct('k'), { on: 'k' }).sort('text')
    const { memory } = await join.sinkParquet(scene.path('joined.parquet'))
    const peaks = new Map(memory.operators.map(({ label, peakBytes }) => [label, peakBytes]))
    // 200,000 rows of two numbers and a text, and a table of 50,000 keys.
    expect(peaks.get('sort')).toBeGreaterThan(ROWS * 48)
    expect(peaks.get('join build')).toBeGreaterThan(50_000 * 16)
    expect(peaks.get('aggregate')).toBeGreaterThan(50_000 * 8)
  })
})

describe('events of an engine', () => {
  it('tell the memory while something runs, until the listener is taken off', async () => {
    const events: MemoryEvent[] = []
    const listener = (event: MemoryEvent): void => void events.push(event)
    scene.engine.on('memory', listener)
    await table().sort('text').count()
    expect(events.length).toBeGreaterThan(0)
    expect(events[0]).toMatchObject({ pressure: expect.any(String), rssBytes: expect.any(Number) })
    scene.engine.off('memory', listener)
    const { length } = events
    await expectWorks(scene.engine)
    expect(events).toHaveLength(length)
  })

  it('are refused by other names, and without a function', () => {
    const { engine } = scene
    const invalid = (message: string) => expect.objectContaining({ code: 'VOLLEY_INVALID_ARGUMENT', message })
    expect(() => engine.on('heat' as 'memory', () => {})).toThrow(
      invalid(`an engine has no event "heat", only 'memory', 'strategy', 'stage', 'phase'`),
    )
    expect(() => engine.off('memory', 'listener' as unknown as () => void)).toThrow(
      invalid("a listener of 'memory' must be a function"),
    )
  })
})

it('refuses a limit below what the process already uses', async () => {
  await expect(open({ threads: 2, memoryLimit: '20MB' })).rejects.toMatchObject({
    code: 'VOLLEY_MEMORY_LIMIT',
    message: expect.stringMatching(/of the whole process, which uses \d+ MB before .* must be at least \d+ MB$/),
  })
})
