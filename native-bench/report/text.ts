/** Results for the terminal. */

import type { Results, SuiteResults } from '../results.js'
import { textTable } from '../text-table.js'
import { factsOf, missedLines, remarkLines } from './about.js'
import { suiteTables } from './tables.js'

export function textReport(results: Results): string {
  const facts = factsOf(results)
  const width = Math.max(...facts.map(({ name }) => name.length))
  return [
    ...facts.map(({ name, value }) => `${name.padEnd(width)}  ${value}`),
    ...results.suites.flatMap((suite) => ['', ...suiteLines(suite)]),
    '',
  ].join('\n')
}

function suiteLines(suite: SuiteResults): string[] {
  const title = `${suite.name}: ${suite.title}`
  const tables = suiteTables(suite).flatMap(({ caption, titles, rows, leftAligned }) => [
    '',
    ...(caption === '' ? [] : [caption]),
    textTable(titles, rows, leftAligned),
  ])
  return [
    title,
    '='.repeat(title.length),
    ...suite.conditions,
    ...(suite.cases.length === 0 ? ['', 'No case was measured.'] : tables),
    ...listed(missedLines(suite)),
    ...listed(remarkLines(suite)),
  ]
}

function listed(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines.map((line) => `- ${line}`)]
}
