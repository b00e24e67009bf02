/** Which drawings show a suite. */

import type { CaseResults, SuiteResults } from '../results.js'
import { hasRatios, ratioFigures, timeFigures } from './bar-figures.js'
import { grouped } from './grouping.js'
import { growthFigures } from './growth-figures.js'
import type { Markup } from './markup.js'
import { memoryFigure } from './memory-figure.js'

/** Figures with their captions. */
export interface Panels {
  /** Of works whose reference was measured. */
  readonly ratios: readonly Markup[]
  /** Of the others. */
  readonly times: readonly Markup[]
  /** For each measure of those that grow, its name and a figure for each work. */
  readonly lines: readonly (readonly [string, readonly Markup[]])[]
  readonly memory: readonly Markup[]
}

/** `id` begins the identifiers in them. A work that one engine did alone, once, is left to the tables. */
export function panelsOf(suite: SuiteResults, id: string): Panels {
  const compared = works(suite.cases.filter(({ axis }) => axis === null)).filter((cases) =>
    cases.some(({ outcomes }) => outcomes.filter(({ status }) => status === 'done').length > 1),
  )
  const growing = works(suite.cases.filter(({ axis }) => axis !== null))
  const growth = grouped(
    growing.flatMap((cases, i) => growthFigures(cases, `${id}-line-${i}`)),
    ({ measure }) => measure,
  )
  return {
    ratios: ratioFigures(
      compared.filter((cases) => cases.every(hasRatios)),
      `${id}-ratio`,
    ),
    times: timeFigures(
      compared.filter((cases) => !cases.every(hasRatios)),
      `${id}-time`,
    ),
    lines: [...growth].map(([measure, drawn]) => [measure, drawn.map(({ figure }) => figure)] as const),
    memory: suite.cases.flatMap((one, i) => memoryFigure(one, `${id}-memory-${i}`) ?? []),
  }
}

/** Cases of one name, at every size. */
function works(cases: readonly CaseResults[]): CaseResults[][] {
  return [...grouped(cases, ({ name }) => name).values()]
}
