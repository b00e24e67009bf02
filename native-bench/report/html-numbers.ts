/** Every number of the results, in tables. */

import {
  type CaseResults,
  type Done,
  median,
  type Outcome,
  type Results,
  ratioToReference,
  type SuiteResults,
} from '../results.js'
import { caseText } from './about.js'
import { details, htmlTable } from './html-table.js'
import { type Content, type Markup, markup } from './markup.js'
import { exactText, ratioText } from './number-text.js'

const TITLES = [
  'case',
  'size',
  'rows',
  'engine',
  'median ms',
  'least',
  'most',
  'to reference',
  'peak bytes',
  'CPU ms',
  'figures',
  'milliseconds of each run',
]

export function numbersOf(suite: SuiteResults): Markup {
  const table = htmlTable({
    caption: `All numbers of ${suite.name}`,
    titles: TITLES,
    rows: suite.cases.flatMap((one) => one.outcomes.map((outcome) => rowOf(one, outcome))),
    words: [0, 1, 3, 10, 11],
  })
  const courses = suite.cases.flatMap((one) =>
    one.outcomes.flatMap((outcome) =>
      outcome.status === 'done' && outcome.memory !== null
        ? [details(`Resident memory: ${caseText(one)}, ${outcome.engine}`, courseOf(outcome.memory))]
        : [],
    ),
  )
  return details('All numbers', [table, ...courses])
}

function rowOf(one: CaseResults, outcome: Outcome): readonly Exclude<Content, null>[] {
  const rows = one.rows === null ? '' : exactText(one.rows)
  const { axis } = one
  const size = axis === null ? one.size : `${one.size} (${axis.name}: ${exactText(axis.value)})`
  const place = [one.name, size, rows, outcome.engine]
  if (outcome.status !== 'done') return [...place, outcome.status, '', '', '', '', '', outcome.reason, '']
  const { milliseconds, peakBytes, cpuMilliseconds } = outcome
  const ratio = ratioToReference(one, outcome)
  return [
    ...place,
    ...[median(milliseconds), Math.min(...milliseconds), Math.max(...milliseconds)].map(exactText),
    ratio === null ? '' : ratioText(ratio),
    ...[peakBytes, cpuMilliseconds].map((value) => (value === null ? '' : exactText(value))),
    figuresText(outcome),
    milliseconds.map(exactText).join(' '),
  ]
}

function figuresText({ figures }: Done): string {
  return figures.map(({ name, value, unit }) => `${name}: ${exactText(value)} ${unit}`).join('; ')
}

function courseOf({ limitBytes, samples, switches }: NonNullable<Done['memory']>): Markup {
  return markup`<p>Limit: ${limitBytes === null ? 'none' : `${exactText(limitBytes)} bytes`}.</p>
<ul>${switches.map(({ milliseconds, strategy, reason }) => markup`<li>${strategy} after ${exactText(milliseconds)} ms: ${reason}</li>`)}</ul>
<div class="scrolls samples"><pre tabindex="0">${['ms bytes', ...samples.map((sample) => `${exactText(sample.milliseconds)} ${exactText(sample.residentBytes)}`)].join('\n')}</pre></div>`
}

/** What the document says of machine and settings, as it says it. */
export function recordedFacts({ suites, ...facts }: Results): Markup {
  const rows = flattened('', facts)
  return details('Machine and settings as recorded', [
    htmlTable({ caption: 'Machine and settings', titles: ['field', 'value'], rows, words: [0, 1] }),
  ])
}

function flattened(path: string, value: unknown): [string, string][] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, one]) => flattened(path === '' ? name : `${path}.${name}`, one))
  }
  return [[path, typeof value === 'number' ? exactText(value) : String(value)]]
}
