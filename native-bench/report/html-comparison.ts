/** What changed from one result to another, as a section of a page. */

import { caseText } from './about.js'
import { type Change, type Comparison, notableChanges, ownChange, resultsName, tally } from './compare.js'
import { figure } from './figure.js'
import { grouped } from './grouping.js'
import { details, htmlTable } from './html-table.js'
import { type Markup, markup } from './markup.js'
import { NOISE_RULE } from './noise.js'
import { durationText, ratioText } from './number-text.js'
import { isOwn } from './standing.js'
import { type Bar, type BarGroup, barLayout, barPanel } from './svg-bars.js'

/** In a drawing; tables have the others. */
const MOST_BARS = 40

export function comparisonSection(comparison: Comparison, id: string): Markup {
  const { before, after, cautions, changes } = comparison
  const own = ownChange(comparison)
  const notable = notableChanges(comparison)
  const rows = (notable.length === 0 ? [] : notable).map((change) => [
    change.verdict,
    change.suite,
    caseText(change),
    change.engine,
    ...[change.beforeMilliseconds, change.afterMilliseconds].map((time) => (time === null ? '—' : durationText(time))),
    change.ratio === null ? '' : ratioText(change.ratio),
    change.reason ?? '',
  ])
  const titles = ['change', 'suite', 'case', 'engine', 'before', 'after', 'after/before', 'reason']
  return markup`<section id="${id}"><h2>${resultsName(after)} against ${resultsName(before)}</h2>
<p><b>${tally(changes)}.</b> ${own === null ? '' : `volley takes ${ratioText(own)} times as long as before, in the geometric mean of all its cases.`}</p>
<p class="legend">${NOISE_RULE}</p>
${cautions.length === 0 ? null : markup`<ul>${cautions.map((caution) => markup`<li>Caution: ${caution}</li>`)}</ul>`}
${ownBars(comparison, id)}
${rows.length === 0 ? null : details(`All ${rows.length} changes`, htmlTable({ caption: 'Changes beyond noise', titles, rows, words: [0, 1, 2, 3, 7] }))}
</section>`
}

/** The largest changes of volley, suite by suite. */
function ownBars(comparison: Comparison, id: string): Markup | null {
  const changes = notableChanges(comparison)
    .flatMap((change) => (change.ratio !== null && isOwn(change.engine) ? [{ ...change, ratio: change.ratio }] : []))
    .sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))
    .slice(0, MOST_BARS)
    .sort((a, b) => b.ratio - a.ratio)
  if (changes.length === 0) return null
  const suites = [...grouped(changes, ({ suite }) => suite)].map(([suite, members]) => {
    // Where volley went several ways, each case has several bars.
    const several = members.some(({ engine }) => engine !== 'volley')
    const groups: BarGroup[] = several
      ? [...grouped(members, caseText)].map(([heading, some]) => ({
          heading,
          bars: some.map((one) => barOf(one, one.engine)),
        }))
      : [{ heading: '', bars: members.map((one) => barOf(one, caseText(one))) }]
    return { suite, groups }
  })
  const layout = barLayout(
    'ratio',
    suites.flatMap(({ groups }) => groups),
  )
  const figures = suites.map(({ suite, groups }, i) => {
    const title = `${suite}: times of volley after, as multiples of those before`
    const description = groups.flatMap(({ bars }) => bars.map(({ tooltip }) => tooltip)).join('; ')
    return figure(suite, 'volley, after ÷ before', barPanel({ id: `${id}-${i}`, title, description }, groups, layout))
  })
  return markup`<div class="panels">${figures}</div>`
}

function barOf(change: Change & { readonly ratio: number }, label: string): Bar {
  const { engine, ratio, beforeMilliseconds, afterMilliseconds } = change
  const [was, is] = [beforeMilliseconds, afterMilliseconds].map((time) => durationText(time!))
  const tooltip = `${caseText(change)}, ${engine}: ${was}, then ${is}, ${ratioText(ratio)} times`
  return { label, value: ratio, low: ratio, high: ratio, note: is, kind: ratio > 1 ? 'slower' : 'own', tooltip }
}
