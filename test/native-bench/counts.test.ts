/** Counts of fixed plans against those in `native-bench/counts/golden.json`; `UPDATE_GOLDEN=1 npx jest dist/test/native-bench/counts` writes them anew. */

import { readFileSync, writeFileSync } from 'node:fs'
import { type Counts, measureCounts } from '../../native-bench/counts/measure-counts.js'
import { COUNTED_PLANS } from '../../native-bench/counts/plans.js'
import { counts as suite } from '../../native-bench/suites/counts.js'
import { quickSetting } from '../support/bench-setting.js'
import { beforeAll, describe, expect, it } from '../support/jest.js'

/** By plan. */
type Golden = Readonly<Record<string, Counts>>

const GOLDEN = new URL('../../../native-bench/counts/golden.json', import.meta.url)
const NAMES = COUNTED_PLANS.map(({ name }) => name)
/** The lengths of paths enter into some blocks. */
const ALLOCATED_TOLERANCE = 0.01
/** When a block is freed that another thread has no more use for is a matter of time. */
const PEAK_TOLERANCE = 0.1

const setting = quickSetting()
const measured = new Map<string, Counts>()
let golden: Golden = {}

beforeAll(async () => {
  for (const { plan, counts } of await measureCounts()) measured.set(plan.name, counts)
  if (process.env.UPDATE_GOLDEN === '1') {
    writeFileSync(GOLDEN, `${JSON.stringify(Object.fromEntries(measured), null, 2)}\n`)
  }
  golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Golden
})

function exact({ allocatedBytes: _, peakBytes: __, ...counts }: Counts): Omit<Counts, 'allocatedBytes' | 'peakBytes'> {
  return counts
}

describe('the counts of', () => {
  it.each(NAMES)('%s are those that are kept', (name) => {
    const [wanted, got] = [golden[name], measured.get(name)!]
    expect(exact(got)).toEqual(exact(wanted))
    expect(Math.abs(got.allocatedBytes / wanted.allocatedBytes - 1)).toBeLessThanOrEqual(ALLOCATED_TOLERANCE)
    expect(Math.abs(got.peakBytes / wanted.peakBytes - 1)).toBeLessThanOrEqual(PEAK_TOLERANCE)
  })

  it('no plan are kept that is not measured', () => {
    expect(Object.keys(golden)).toEqual(NAMES)
  })
})

describe('a plan counts', () => {
  it('the row groups alone that its filter cannot rule out', () => {
    expect(measured.get('scan-pruned')).toMatchObject({ rowGroups: 1, rowsIn: 10_240, tasks: { chain: 1 } })
    expect(measured.get('filter-project')).toMatchObject({ rowGroups: 5, rowsIn: 50_000, tasks: { chain: 5 } })
  })

  it('what breakers spill, where they may hold little', () => {
    const spilled = NAMES.filter((name) => (measured.get(name)!.spilledBytes ?? 0) > 0)
    expect(spilled).toEqual(['group-spilled', 'join-spilled', 'sort-spilled'])
  })
})

describe('the counts suite', () => {
  it('reports them as figures', async () => {
    const { cases } = await suite.measure({ ...setting, wantsCase: (name) => name === 'scan-pruned' })
    const { bytesRead, allocations } = golden['scan-pruned']
    expect(cases).toMatchObject([{ name: 'scan-pruned', outcomes: [{ engine: 'volley', status: 'done' }] }])
    const [one] = cases[0].outcomes
    expect('figures' in one && one.figures).toEqual(
      expect.arrayContaining([
        { name: 'read', value: bytesRead, unit: 'bytes' },
        { name: 'allocations', value: allocations, unit: 'blocks' },
      ]),
    )
  })
})
