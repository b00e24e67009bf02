/** How much work fixed plans are, in counts: what no clock can show, and no noise can hide. */

import { type CountedRun, measureCounts } from '../counts/measure-counts.js'
import { COUNTED_PLANS } from '../counts/plans.js'
import type { CaseResults, Figure } from '../results.js'
import type { Suite } from '../suite.js'

const NAME = 'counts'
const TITLE = 'How much work fixed plans are: bytes, batches, allocations, tasks, calls of kernels'

export const counts: Suite = {
  name: NAME,
  title: TITLE,
  cases: COUNTED_PLANS.map(({ name }) => name),
  measure: async (setting) => {
    const cases: CaseResults[] = []
    for (const { name } of COUNTED_PLANS) {
      if (!setting.wantsCase(name) || !setting.wantsEngine('volley')) continue
      setting.progress(`${NAME}: ${name}`)
      const measure = async () => {
        const [run] = await measureCounts((one) => one === name)
        return caseOf(run)
      }
      cases.push(await setting.measured(NAME, name, '', measure))
    }
    return {
      name: NAME,
      title: TITLE,
      conditions: [
        'Each plan runs once, with one thread, in an engine of its own, over the same generated rows; the times, of a first run that counts, are not to be compared with those of other suites.',
        'Counts are the same at every run as long as the engine does the same; tests hold them against those that are kept with the source. Only peaks depend a little on when a thread comes to free what.',
      ],
      cases,
    }
  },
}

function caseOf({ plan, counts: counted, milliseconds }: CountedRun): CaseResults {
  return {
    name: plan.name,
    title: `${plan.title} (${plan.strategy})`,
    size: '',
    rows: counted.rowsIn,
    axis: null,
    reference: null,
    outcomes: [
      {
        engine: 'volley',
        status: 'done',
        milliseconds: [milliseconds],
        peakBytes: null,
        cpuMilliseconds: null,
        figures: figuresOf(counted),
        memory: null,
      },
    ],
    remarks: [],
  }
}

function figuresOf(counted: CountedRun['counts']): Figure[] {
  const { batches, spilledBytes } = counted
  return [
    { name: 'read', value: counted.bytesRead, unit: 'bytes' },
    { name: 'row groups', value: counted.rowGroups, unit: 'row groups' },
    ...(batches === null ? [] : [{ name: 'batches', value: batches, unit: 'batches' } as const]),
    { name: 'allocations', value: counted.allocations, unit: 'blocks' },
    { name: 'allocated', value: counted.allocatedBytes, unit: 'bytes' },
    { name: 'shared memory at its peak', value: counted.peakBytes, unit: 'bytes' },
    ...(spilledBytes === null ? [] : [{ name: 'spilled', value: spilledBytes, unit: 'bytes' } as const]),
    ...(counted.bytesWritten === 0 ? [] : [{ name: 'written', value: counted.bytesWritten, unit: 'bytes' } as const]),
    { name: 'tasks', value: total(counted.tasks), unit: 'tasks' },
    { name: 'kernel calls', value: total(counted.kernels), unit: 'calls' },
  ]
}

function total(byName: Readonly<Record<string, number>>): number {
  return Object.values(byName).reduce((sum, count) => sum + count, 0)
}
