/** Results as a page that needs nothing else: style and drawings are in it, and nothing is fetched. */

import { type CaseResults, type Results, ratioToReference } from '../results.js'
import { caseText, factsOf } from './about.js'
import { compareResults, resultsName } from './compare.js'
import { comparisonSection } from './html-comparison.js'
import { numbersOf, recordedFacts } from './html-numbers.js'
import { suiteSection } from './html-suite.js'
import { details } from './html-table.js'
import { lossText, noLossesText, rankedLosses } from './losses.js'
import { Markup, markup } from './markup.js'
import { NOISE_RULE } from './noise.js'
import { ratioText } from './number-text.js'
import { PAGE_STYLE } from './page-style.js'
import { geometricMean, ownOutcome } from './standing.js'
import { type OverviewRow, overviewPanel } from './svg-overview.js'

/** Losses that are seen without asking. */
const SHOWN_LOSSES = 8

/** The last of `results` in full; each of the others is what it is compared with. Throws without any. */
export function htmlPage(results: readonly Results[]): string {
  const shown = results.at(-1)
  if (shown === undefined) throw new RangeError('a page takes one result or more')
  const earlier = results.slice(0, -1)
  const sections = [
    ...earlier.map((before, i) => ({
      id: `comparison-${i}`,
      name: `against ${resultsName(before)}`,
      content: comparisonSection(compareResults(before, shown), `comparison-${i}`),
    })),
    ...shown.suites.map((suite, i) => ({
      id: `suite-${i}`,
      name: suite.name,
      content: suiteSection(suite, `suite-${i}`),
    })),
  ]
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>volley benchmark, ${resultsName(shown)}</title>
<link rel="icon" href="data:,"><style>${new Markup(PAGE_STYLE)}</style></head>
<body><header><h1>volley benchmark</h1>
<dl>${factsOf(shown).map(({ name, value }) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<nav aria-label="Sections"><ul>${sections.map(({ id, name }) => markup`<li><a href="#${id}">${name}</a></li>`)}</ul></nav></header>
<main>${overview(shown)}
${sections.map(({ content }) => content)}
${recordedFacts(shown)}
${earlier.map((one) => details(`All numbers of ${resultsName(one)}`, [recordedFacts(one), ...one.suites.map(numbersOf)]))}
</main></body></html>
`
  return page.text
}

function overview(results: Results): Markup {
  const rows = results.suites.flatMap(({ name, cases }) => {
    const known = cases.flatMap((one) => ratioOf(one) ?? [])
    return known.length === 0
      ? []
      : [{ suite: name, cases: known, mean: geometricMean(known.map(({ ratio }) => ratio)) } satisfies OverviewRow]
  })
  const description = rows
    .map(({ suite, cases, mean }) => `${suite}: ${ratioText(mean)} in the geometric mean of ${cases.length} cases`)
    .join('; ')
  const title = 'Time of volley as a multiple of the reference, by suite'
  const panel = rows.length === 0 ? null : overviewPanel({ id: 'overview-ratios', title, description }, rows)
  return markup`<section id="overview"><div class="overview">
${panel === null ? null : markup`<div><h2>volley at a glance</h2><p class="legend">Each dot is a case: volley’s median time as a multiple of the reference’s, on a logarithmic scale; left of 1× is faster. Bars and numbers are geometric means.</p><figure>${panel}</figure></div>`}
<div><h2>Where volley is not the fastest</h2>${losses(results)}</div></div></section>`
}

function ratioOf(one: CaseResults): { ratio: number; tooltip: string } | null {
  const own = ownOutcome(one)
  const ratio = own === null || own.engine === one.reference ? null : ratioToReference(one, own)
  return ratio === null || ratio === 0
    ? null
    : { ratio, tooltip: `${caseText(one)}: ${ratioText(ratio)} times ${one.reference}` }
}

function losses(results: Results): Markup {
  const lines = rankedLosses(results).map(lossText)
  if (lines.length === 0) return markup`<p>${noLossesText(results)}</p>`
  const [first, others] = [lines.slice(0, SHOWN_LOSSES), lines.slice(SHOWN_LOSSES)]
  const list = (some: readonly string[], start: number) =>
    markup`<ol class="notes" start="${start}">${some.map((line) => markup`<li>${line}</li>`)}</ol>`
  return markup`<p class="legend">By time lost.</p>${list(first, 1)}
${others.length === 0 ? null : details(`${others.length} more`, list(others, SHOWN_LOSSES + 1))}
<p class="legend">${NOISE_RULE}</p>`
}
