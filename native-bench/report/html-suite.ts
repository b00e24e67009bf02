/** A suite, as a section of a page. */

import type { SuiteResults } from '../results.js'
import { missedLines, remarkLines } from './about.js'
import { numbersOf } from './html-numbers.js'
import { type Markup, markup } from './markup.js'
import { type Panels, panelsOf } from './panels.js'

export function suiteSection(suite: SuiteResults, id: string): Markup {
  const references = [...new Set(suite.cases.flatMap(({ reference }) => reference ?? []))]
  return markup`<section id="${id}"><h2>${suite.name} <small>${suite.title}</small></h2>
${suite.conditions.length === 0 ? null : markup`<p class="muted">${suite.conditions.join(' ')}</p>`}
${suite.cases.length === 0 ? markup`<p>No case was measured.</p>` : null}
${drawn(panelsOf(suite, id), references.join(' or '))}
${listed('Missing', missedLines(suite))}
${listed('Remarks', remarkLines(suite))}
${numbersOf(suite)}</section>
`
}

function drawn({ ratios, times, lines, memory }: Panels, reference: string): Markup[] {
  return [
    grid(
      ratios,
      `Median time as a multiple of ${reference}’s, on a logarithmic scale: left of 1× is faster. Thin lines go from the ` +
        'fastest run to the slowest; at the right, the median itself.',
    ),
    grid(times, 'Median time. Thin lines go from the fastest run to the slowest.'),
    ...lines.map(([measure, figures]) =>
      grid(figures, `${measure}; thin lines go from the fastest run to the slowest.`),
    ),
    grid(memory, 'Resident memory of the process over time; arrows mark where another strategy went on.'),
  ]
}

function grid(figures: readonly Markup[], legend: string): Markup {
  return figures.length === 0 ? markup`` : markup`<p class="legend">${legend}</p><div class="panels">${figures}</div>`
}

function listed(title: string, lines: readonly string[]): Markup | null {
  if (lines.length === 0) return null
  return markup`<h3>${title}</h3><ul class="notes">${lines.map((line) => markup`<li>${line}</li>`)}</ul>`
}
