/** Memory over time, of all engines in a case. */

import { formatBytes } from '../../planner/quantities.js'
import type { CaseResults, MemoryCourse } from '../results.js'
import { caseText } from './about.js'
import { figure } from './figure.js'
import type { Markup } from './markup.js'
import { type MemoryStrip, memoryPanel } from './svg-memory.js'

/** Null if no engine's course was measured. */
export function memoryFigure(one: CaseResults, id: string): Markup | null {
  const strips = one.outcomes.flatMap((outcome): MemoryStrip[] =>
    // Of one sample nothing can be drawn.
    outcome.status === 'done' && outcome.memory !== null && outcome.memory.samples.length > 1
      ? [{ engine: outcome.engine, course: outcome.memory, peakBytes: peakOf(outcome.memory, outcome.peakBytes) }]
      : [],
  )
  if (strips.length === 0) return null
  const limit = strips.find(({ course }) => course.limitBytes !== null)?.course.limitBytes ?? null
  const about = {
    id,
    title: `${caseText(one)}: resident memory over time`,
    description: strips.map(({ engine, peakBytes }) => `${engine}: at most ${formatBytes(peakBytes)}`).join('; '),
  }
  const caption = `${one.title}: resident memory${limit === null ? '' : `, limit ${formatBytes(limit)}`}`
  return figure(caseText(one), caption, memoryPanel(about, strips))
}

function peakOf({ samples }: MemoryCourse, peakBytes: number | null): number {
  return Math.max(peakBytes ?? 0, ...samples.map(({ residentBytes }) => residentBytes))
}
