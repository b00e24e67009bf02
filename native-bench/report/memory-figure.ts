/** Memory over time, of all engines in a case. */

import { formatBytes } from '../../planner/quantities.js'
import type { CaseResults } from '../results.js'
import { caseText } from './about.js'
import { figure } from './figure.js'
import type { Markup } from './markup.js'
import { type MemoryStrip, memoryPanel } from './svg-memory.js'

/** Null if no engine's course was measured. */
export function memoryFigure(one: CaseResults, id: string): Markup | null {
  const strips = one.outcomes.flatMap((outcome): MemoryStrip[] =>
    // Of one sample nothing can be drawn.
    outcome.status === 'done' && outcome.memory !== null && outcome.memory.samples.length > 1
      ? [{ engine: outcome.engine, course: outcome.memory }]
      : [],
  )
  if (strips.length === 0) return null
  const limit = strips.find(({ course }) => course.limitBytes !== null)?.course.limitBytes ?? null
  const about = {
    id,
    title: `${caseText(one)}: resident memory over time`,
    description: strips
      .map(
        ({ engine, course }) =>
          `${engine}: at most ${formatBytes(Math.max(...course.samples.map((sample) => sample.residentBytes)))}`,
      )
      .join('; '),
  }
  const caption = `${one.title}: resident memory${limit === null ? '' : `, limit ${formatBytes(limit)}`}`
  return figure(caseText(one), caption, memoryPanel(about, strips))
}
