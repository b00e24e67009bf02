/** How long it takes until something is there: packages loaded, first results, whole programs; each in fresh processes. */

import { rm } from 'node:fs/promises'
import { outputDirectory } from '../outputs.js'
import { type CaseResults, median } from '../results.js'
import type { Setting, Suite } from '../suite.js'
import { STARTUP_CASES, type StartupCase } from './startup/cases.js'
import { measureProcesses } from './startup/measure-processes.js'

const NAME = 'startup'
const TITLE = 'Until something is there: packages loaded, first results, whole programs'
const QUICK_ROUNDS = 1

export const startup: Suite = {
  name: NAME,
  title: TITLE,
  cases: STARTUP_CASES.map(({ name }) => name),
  measure: async (setting) => {
    const cases: CaseResults[] = []
    for (const one of STARTUP_CASES) {
      if (!setting.wantsCase(one.name)) continue
      cases.push(await setting.measured(NAME, one.name, '', () => measureCase(one, setting)))
    }
    return {
      name: NAME,
      title: TITLE,
      conditions: [
        'Each run is a process of its own that does only this. The engines take turns; the files are in the cache of the system.',
        'The package volley loads its engine when one is opened: what that takes counts under first-result, not under import.',
        'Queries and transforms read the 50,000 orders of the demo. Whole programs are timed from before they are started until they have ended.',
        'Peaks and processor times are those of another, untimed run, of the whole process with Node itself.',
      ],
      cases,
    }
  },
}

async function measureCase(one: StartupCase, setting: Setting): Promise<CaseResults> {
  const outputs = await outputDirectory(setting.dataDirectory)
  try {
    const rounds = setting.quick ? Math.min(QUICK_ROUNDS, setting.runs) : setting.runs
    const measured = await measureProcesses(one, setting, rounds, outputs)
    const nothing = measured.find(({ engine }) => engine === 'node')
    return {
      name: one.name,
      title: one.title,
      size: '',
      rows: one.rows,
      axis: null,
      reference: 'duckdb',
      // No engine: nobody is slower than it for a reason.
      outcomes: measured.filter((outcome) => outcome !== nothing),
      remarks:
        nothing?.status === 'done'
          ? [`A program of Node that does nothing takes ${Math.round(median(nothing.milliseconds))} ms.`]
          : [],
    }
  } finally {
    await rm(outputs, { recursive: true, force: true })
  }
}
