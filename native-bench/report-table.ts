/** The printed and the JSON form of a benchmark's results. */

import { arch, cpus, platform } from 'node:os'
import { ENGINE_NAMES, type EngineName, type Suite } from './contest.js'
import type { Outcome, WarmUp } from './measure.js'
import { textTable } from './text-table.js'

export interface SuiteResult {
  readonly suite: Suite
  readonly outcomes: readonly Outcome[]
}

export interface Setting {
  readonly rows: number
  readonly threads: number
  /** Untimed runs of each engine after the one for its answer. */
  readonly warmUp: WarmUp
  readonly runs: number
  readonly versions: Readonly<Record<EngineName, string>>
}

/** The middle of the sorted times. */
export function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function machineLine(): string {
  const models = cpus()
  return `${models[0]?.model.trim() ?? 'unknown processor'}, ${models.length} cores, ${platform()} ${arch()}, Node ${process.versions.node}`
}

/** A line for each suite: the median and spread of each engine, and its ratio to DuckDB's median. */
export function reportTable(setting: Setting, results: readonly SuiteResult[]): string {
  const titles = ['suite', ...ENGINE_NAMES.flatMap((name) => [name, '']), 'volley/duckdb', 'polars/duckdb']
  const rows = results.map(({ suite, outcomes }) => [
    suite.name,
    ...ENGINE_NAMES.flatMap((name) => timeCells(outcomes.find((outcome) => outcome.engine === name))),
    ratio(outcomes, 'volley'),
    ratio(outcomes, 'polars'),
  ])
  const { versions } = setting
  const remarks = results.flatMap(({ suite, outcomes }) =>
    outcomes.flatMap((outcome) =>
      'milliseconds' in outcome ? [] : [`${suite.name}, ${outcome.engine}: ${remark(outcome)}`],
    ),
  )
  return [
    ENGINE_NAMES.map((name) => `${name} ${versions[name]}`).join(', '),
    `${setting.rows.toLocaleString('en-US')} rows of lineitem, ${setting.threads} threads, ${setting.runs} runs each, taking turns, ${warmUpText(setting.warmUp)}`,
    'Median milliseconds, then the range of all runs. Below 1.00, faster than DuckDB.',
    '',
    textTable(titles, rows, [0]),
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
    '',
  ].join('\n')
}

export function reportJson(setting: Setting, results: readonly SuiteResult[]): object {
  const suites = results.map(({ suite, outcomes }) => ({
    name: suite.name,
    title: suite.title,
    engines: Object.fromEntries(
      outcomes.map(({ engine, ...outcome }) => [
        engine,
        'milliseconds' in outcome ? { median: median(outcome.milliseconds), runs: outcome.milliseconds } : outcome,
      ]),
    ),
  }))
  return { ...setting, suites }
}

function timeCells(outcome: Outcome | undefined): [string, string] {
  if (outcome === undefined || 'absent' in outcome) return ['—', '']
  if ('failure' in outcome) return ['failed', '']
  const { milliseconds } = outcome
  return [
    median(milliseconds).toFixed(1),
    `${Math.min(...milliseconds).toFixed(0)}–${Math.max(...milliseconds).toFixed(0)}`,
  ]
}

function ratio(outcomes: readonly Outcome[], name: EngineName): string {
  const [one, base] = [name, 'duckdb'].map((engine) => outcomes.find((outcome) => outcome.engine === engine))
  if (one === undefined || base === undefined || !('milliseconds' in one) || !('milliseconds' in base)) return ''
  return (median(one.milliseconds) / median(base.milliseconds)).toFixed(2)
}

function remark(outcome: Exclude<Outcome, { milliseconds: readonly number[] }>): string {
  return 'absent' in outcome ? `takes no part: ${outcome.absent}` : outcome.failure
}

function warmUpText({ runs, milliseconds }: WarmUp): string {
  return runs === 0
    ? 'after one to warm up'
    : `after ${runs} or more, and ${milliseconds / 1_000} s or more, to warm up`
}
