/** Results as Markdown. */

import type { Results, SuiteResults } from '../results.js'
import { factsOf, missedLines, remarkLines } from './about.js'
import { lossText, noLossesText, rankedLosses } from './losses.js'
import { NOISE_RULE } from './noise.js'
import { type ReportTable, suiteTables } from './tables.js'

/** Sections of level two: the machine, each suite, and where volley is not the fastest. */
export function markdownReport(results: Results): string {
  return [
    '## Measured',
    '',
    ...factsOf(results).map(({ name, value }) => `- ${name}: ${escaped(value)}`),
    ...results.suites.flatMap(suiteLines),
    '',
    ...lossLines(results),
    '',
  ].join('\n')
}

function suiteLines(suite: SuiteResults): string[] {
  return [
    '',
    `## ${escaped(suite.name)}: ${escaped(suite.title)}`,
    ...(suite.conditions.length === 0 ? [] : ['', suite.conditions.map(escaped).join(' ')]),
    ...(suite.cases.length === 0 ? ['', 'No case was measured.'] : suiteTables(suite).flatMap(tableLines)),
    ...listed(missedLines(suite)),
    ...listed(remarkLines(suite)),
  ]
}

function tableLines({ caption, titles, rows, leftAligned }: ReportTable): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    '',
    ...(caption === '' ? [] : [`${caption}:`, '']),
    line(titles.map(escaped)),
    line(titles.map((_, i) => (leftAligned.includes(i) ? '---' : '---:'))),
    ...rows.map((row) => line(row.map(escaped))),
  ]
}

function lossLines(results: Results): string[] {
  const losses = rankedLosses(results)
  return [
    '## Where volley is not the fastest',
    '',
    ...(losses.length === 0
      ? [noLossesText(results)]
      : [
          `Sorted by the time lost. ${NOISE_RULE}`,
          '',
          ...losses.map((loss, i) => `${i + 1}. ${escaped(lossText(loss))}`),
        ]),
  ]
}

function listed(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines.map((line) => `- ${escaped(line)}`)]
}

/** Text that Markdown and HTML in it leave alone, on one line. */
function escaped(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/[\\`*_[\]<>|#]/g, (character) => `\\${character}`)
}
