/** The printed form of what pipelines cost, with the bars that it is held to. */

import { formatBytes } from '../../planner/quantities.js'
import { median } from '../report-table.js'
import { textTable } from '../text-table.js'
import type { Boundary, BoundaryResult } from './boundaries.js'
import type { FlatMemoryResult, Sample } from './flat-memory.js'
import type { PipelineResult } from './measure.js'
import type { OverheadResult } from './overhead.js'

const OVERHEAD_BAR = 1.1
const BOUNDARY_BAR_MICROSECONDS = 50
/** Rows by which memory is shown over the course of a stream. */
const SHOWN = 10

const TITLES: Record<Boundary, string> = {
  columns: 'columns passed on',
  batches: 'function of batches',
  records: 'function of records',
}

export function pipelineTable(result: PipelineResult): string {
  return [
    `pipelines, ${result.threads} threads`,
    '',
    ...overheadLines(result.overhead),
    '',
    boundaryTable(result.boundaries),
    '',
    ...flatMemoryLines(result.flatMemory),
    '',
  ].join('\n')
}

function overheadLines({ rows, frame, pipeline, ratio }: OverheadResult): string[] {
  const [frameTime, pipelineTime] = [frame, pipeline].map((times) => median(times).toFixed(0))
  return [
    `YAML of simple operations, ${rows.toLocaleString('en-US')} rows Parquet to Parquet: ${pipelineTime} ms, the same frame ${frameTime} ms`,
    `ratio ${ratio.toFixed(2)} (bar ${OVERHEAD_BAR}), medians of ${frame.length} runs each, taking turns`,
  ]
}

function boundaryTable(results: readonly BoundaryResult[]): string {
  const sizes = [...new Set(results.map(({ rows }) => rows))]
  const lines = new Map<string, BoundaryResult[]>()
  for (const result of results) {
    const key = `${result.boundary} ${result.placement}`
    lines.set(key, [...(lines.get(key) ?? []), result])
  }
  const rows = [...lines.values()].map((line) => [
    TITLES[line[0].boundary],
    line[0].placement,
    ...sizes.map((size) => microseconds(line, size)),
    perRecord(line),
  ])
  const titles = ['stage', 'placement', ...sizes.map((size) => `${size.toLocaleString('en-US')} rows`), 'a record, µs']
  return [
    `Boundary of a stage in a stream, µs a batch (bar: under ${BOUNDARY_BAR_MICROSECONDS} for columns in threads)`,
    '',
    textTable(titles, rows, [0, 1]),
  ].join('\n')
}

function microseconds(line: readonly BoundaryResult[], size: number): string {
  const found = line.find(({ rows }) => rows === size)
  return found === undefined ? '' : found.microseconds.toFixed(found.microseconds < 100 ? 1 : 0)
}

/** Of the largest batch. */
function perRecord(line: readonly BoundaryResult[]): string {
  const largest = line.reduce((a, b) => (b.rows > a.rows ? b : a))
  return largest.boundary === 'records' ? (largest.microseconds / largest.rows).toFixed(2) : ''
}

function flatMemoryLines({ rows, milliseconds, samples, growth, peakBytes }: FlatMemoryResult): string[] {
  const at = (part: number): Sample =>
    samples.find((sample) => sample.rows >= rows * part) ?? samples[samples.length - 1]
  const course = Array.from({ length: SHOWN + 1 }, (_, i) => formatBytes(at(i / SHOWN).residentBytes))
  return [
    `Stream of ${rows.toLocaleString('en-US')} generated rows to Parquet: ${(milliseconds / 1000).toFixed(1)} s, peak ${formatBytes(peakBytes)}`,
    `resident after each tenth: ${course.join(', ')}`,
    growth === null
      ? 'too short to tell whether memory grows'
      : `last quarter by second quarter: ${growth.toFixed(2)} (1 is flat)`,
  ]
}
