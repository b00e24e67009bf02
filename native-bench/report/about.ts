/** What was measured, on what, and what is to be said beside the figures: lines of text. */

import { formatBytes, formatCount, formatDuration } from '../../planner/quantities.js'
import type { CaseResults, Results, SuiteResults } from '../results.js'

export interface Fact {
  readonly name: string
  readonly value: string
}

export function factsOf({ startedAt, machine, versions, commit, settings }: Results): Fact[] {
  const { quick, threads, runs, memoryLimitBytes } = settings
  return [
    { name: 'Measured', value: `${startedAt.slice(0, 16).replace('T', ' ')} UTC` },
    { name: 'Commit', value: commit ?? 'unknown' },
    {
      name: 'Machine',
      value: `${machine.processor}, ${count(machine.cores, 'core')}, ${formatBytes(machine.memoryBytes)}, ${machine.platform}`,
    },
    {
      name: 'Versions',
      value: Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    },
    {
      name: 'Settings',
      value: [
        ...(quick ? ['quick: the smallest form of every suite'] : []),
        count(threads, 'thread'),
        `${count(runs, 'timed run')} of each`,
        `memory limit ${formatBytes(memoryLimitBytes)}`,
      ].join(', '),
    },
  ]
}

/** `q1, small`; tells the cases of a suite apart. */
export function caseText({ name, size }: Pick<CaseResults, 'name' | 'size'>): string {
  return size === '' ? name : `${name}, ${size}`
}

/** Cases that are named where many share a line. */
const NAMED = 6

/** Why engines are missing, in the order of cases; one line for cases that share engine and reason. */
export function missedLines({ cases }: SuiteResults): string[] {
  const lines = new Map<string, { start: string; cases: string[]; reason: string }>()
  for (const one of cases) {
    for (const outcome of one.outcomes) {
      if (outcome.status === 'done') continue
      const start = `${outcome.engine} ${outcome.status === 'absent' ? 'takes no part' : 'failed'}`
      const key = `${start} ${outcome.reason}`
      const line = lines.get(key) ?? { start, cases: [], reason: outcome.reason }
      line.cases.push(caseText(one))
      lines.set(key, line)
    }
  }
  return [...lines.values()].map(({ start, cases: shared, reason }) => {
    if (shared.length === cases.length && shared.length > 1) return `${start}: ${reason}`
    const more = shared.length > NAMED + 1 ? shared.length - NAMED : 0
    const named = more === 0 ? shared : [...shared.slice(0, NAMED), `${more} more`]
    return `${start} in ${named.join('; ')}: ${reason}`
  })
}

/** What cases remark, then how strategies were switched, unless a remark gave the reason. */
export function remarkLines({ cases }: SuiteResults): string[] {
  return cases.flatMap((one) => {
    const switches = one.outcomes.flatMap((outcome) =>
      outcome.status === 'done' && outcome.memory !== null
        ? outcome.memory.switches.map((change) => ({ engine: outcome.engine, ...change }))
        : [],
    )
    return [
      ...one.remarks,
      ...switches
        .filter(({ reason }) => !one.remarks.some((remark) => remark.includes(reason)))
        .map(
          ({ engine, milliseconds, strategy, reason }) =>
            `${engine} went on with ${strategy} after ${formatDuration(milliseconds)}: ${reason}`,
        ),
    ].map((remark) => `${caseText(one)}: ${remark}`)
  })
}

function count(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`
}
