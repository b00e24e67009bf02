import { median } from '../../native-bench/results.js'
import { runProcess } from '../../native-bench/suites/startup/run-process.js'
import { startup } from '../../native-bench/suites/startup.js'
import { quickSetting } from '../support/bench-setting.js'
import { beforeAll, describe, expect, it } from '../support/jest.js'

const quick = quickSetting()
// Packages that are only loaded: one stands for all, starting processes takes its time.
const setting = { ...quick, wantsEngine: (name: string) => !['arquero', 'parquet-wasm', 'hyparquet'].includes(name) }
const OF_PACKAGES = ['volley', 'duckdb', 'polars']
const OF_PROGRAMS = ['volley', 'duckdb', 'polars']

describe('the startup suite', () => {
  let measured: Awaited<ReturnType<typeof startup.measure>>
  beforeAll(async () => {
    measured = await startup.measure(setting)
  })

  it('measures every engine that starts, with the same answers', () => {
    const engines = measured.cases.map(({ name, outcomes }) => [
      name,
      outcomes.map((one) => (one.status === 'done' ? one.engine : `${one.engine}: ${one.reason}`)),
    ])
    expect(engines).toEqual([
      ['import', OF_PACKAGES],
      ['first-result', ['volley', 'duckdb', 'polars']],
      ['sql-process', OF_PROGRAMS],
      ['transform-process', OF_PROGRAMS],
    ])
    expect(measured.cases.map(({ name }) => name)).toEqual(startup.cases)
  })

  it('says where the time of a first result goes', () => {
    for (const one of measured.cases[1].outcomes) {
      if (one.status !== 'done') throw new Error(one.reason)
      expect(one.figures.map(({ name }) => name)).toEqual(['import', 'open', 'first query'])
      const parts = one.figures.reduce((sum, { value }) => sum + value, 0)
      expect(parts).toBeCloseTo(median(one.milliseconds))
    }
  })

  it('says what a program takes that does nothing', () => {
    const remarks = measured.cases.map(({ remarks }) => remarks)
    expect(remarks.slice(0, 2)).toEqual([[], []])
    for (const [remark] of remarks.slice(2))
      expect(remark).toMatch(/^A program of Node that does nothing takes \d+ ms\.$/)
  })

  it('knows what the processes took', () => {
    for (const one of measured.cases.flatMap(({ outcomes }) => outcomes)) {
      if (one.status !== 'done') throw new Error(one.reason)
      expect(one.peakBytes).toBeGreaterThan(20e6)
      expect(one.cpuMilliseconds).toBeGreaterThan(1)
    }
  })
})

describe('a process', () => {
  it('that fails is told with its error', async () => {
    const program = { words: ['--eval', 'throw new TypeError("no such thing")'], environment: {} }
    await expect(runProcess(program, false)).rejects.toThrow('TypeError: no such thing')
  })
})
