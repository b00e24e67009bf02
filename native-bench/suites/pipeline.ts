/** What pipelines cost beside what they are made of. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { open } from '../../index.js'
import { formatCount } from '../../planner/quantities.js'
import { outputDirectory } from '../outputs.js'
import { type Boundary, type BoundaryResult, measureBoundaries } from '../pipelines/boundaries.js'
import { measureFlatMemory } from '../pipelines/flat-memory.js'
import { measureOverhead } from '../pipelines/overhead.js'
import { SIZES } from '../races/race.js'
import { type CaseResults, type Done, median } from '../results.js'
import type { Setting, Suite } from '../suite.js'

const NAME = 'pipeline'
const TITLE = 'Pipelines beside frames, what a stage costs, and the memory of a long stream'
/** Rows of the stream at scale 1. */
const STREAM_ROWS = 60_000_000
/** What the suite's figures are held to. */
const MOST_OF_FRAME = 1.1
const MOST_BOUNDARY_MICROSECONDS = 50
const MOST_GROWTH = 1.1

const BOUNDARIES: Readonly<Record<Boundary, string>> = {
  columns: 'A stage that passes columns on',
  batches: 'A stage with a function of batches, with its call',
  records: 'A stage with a function of records, with its calls',
}

export const pipeline: Suite = {
  name: NAME,
  title: TITLE,
  cases: ['overhead', 'stream', ...Object.keys(BOUNDARIES)],
  measure: async (setting) => {
    const cases: CaseResults[] = []
    if (setting.wantsCase('overhead')) {
      for (const size of setting.sizes) {
        cases.push(await setting.measured(NAME, 'overhead', size, () => overheadCase(setting, SIZES[size], size)))
      }
    }
    if (setting.wantsCase('stream')) cases.push(await setting.measured(NAME, 'stream', '', () => streamCase(setting)))
    if (Object.keys(BOUNDARIES).some(setting.wantsCase)) {
      const results = await setting.records.kept(`${NAME} boundaries`, () => boundaries(setting))
      cases.push(...boundaryCases(results).filter(({ name }) => setting.wantsCase(name)))
    }
    return {
      name: NAME,
      title: TITLE,
      conditions: [
        'overhead: a YAML pipeline of simple operations from Parquet to Parquet, and the frame that does the same, taking turns.',
        'columns, batches, records: what a stage takes for one batch, its function included: pipelines of three stages less those of one, by two.',
        `The boundary is what a placement adds to the same stage inline, the median of turns beside each other: below 0 where threads share the work. Its bar is ${MOST_BOUNDARY_MICROSECONDS} µs in threads, but for records, whose functions take milliseconds.`,
        'stream: generated rows through a filter into Parquet, in a process of its own.',
      ],
      cases,
    }
  },
}

async function overheadCase(setting: Setting, rows: number, size: string): Promise<CaseResults> {
  const { lineitem } = await setting.tables(rows).tpch()
  const outputs = await outputDirectory(setting.dataDirectory)
  const engine = await open({ threads: setting.threads })
  try {
    const result = await measureOverhead(engine, { rows, runs: setting.runs, lineitem, outputs })
    const ratio = median(result.pipeline) / median(result.frame)
    return {
      name: 'overhead',
      title: 'A YAML pipeline beside the same frame',
      size,
      rows,
      axis: null,
      reference: 'frame',
      outcomes: [done('frame', result.frame), done('pipeline', result.pipeline)],
      remarks:
        ratio > MOST_OF_FRAME ? [`The pipeline takes more than ${MOST_OF_FRAME} times as long as the frame.`] : [],
    }
  } finally {
    await engine.close()
    await rm(outputs, { recursive: true, force: true })
  }
}

async function streamCase({ dataDirectory, scale, threads }: Setting): Promise<CaseResults> {
  const place = await outputDirectory(dataDirectory)
  try {
    const rows = Math.round(STREAM_ROWS * scale)
    const { growth, milliseconds, peakBytes, samples } = await measureFlatMemory({
      rows,
      threads,
      output: join(place, 'stream.parquet'),
    })
    const outcome: Done = {
      ...done('volley', [milliseconds]),
      peakBytes,
      figures: growth === null ? [] : [{ name: 'last quarter by second', value: growth, unit: 'ratio' }],
      memory: { limitBytes: null, samples, switches: [] },
    }
    return {
      name: 'stream',
      title: 'Memory of a stream of generated rows',
      size: '',
      rows,
      axis: null,
      reference: null,
      outcomes: [outcome],
      remarks: growth !== null && growth > MOST_GROWTH ? ['Its memory grows with its rows.'] : [],
    }
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

async function boundaries({ progress, scale, threads }: Setting): Promise<readonly BoundaryResult[]> {
  const engine = await open({ threads })
  try {
    return await measureBoundaries(engine, scale, progress)
  } finally {
    await engine.close()
  }
}

/** A case for each kind of stage and size of batches. */
export function boundaryCases(results: readonly BoundaryResult[]): CaseResults[] {
  const kinds = [...new Set(results.map(({ boundary, rows }) => `${boundary} ${rows}`))]
  return kinds.map((kind) => {
    const same = results.filter(({ boundary, rows }) => `${boundary} ${rows}` === kind)
    const [{ boundary, rows }] = same
    const slow = same.find(({ placement }) => placement === 'threads' && boundary !== 'records')
    const isSlow = (slow?.addedMicroseconds ?? 0) > MOST_BOUNDARY_MICROSECONDS
    return {
      name: boundary,
      title: BOUNDARIES[boundary],
      size: `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'} a batch`,
      rows,
      axis: null,
      reference: null,
      outcomes: same.map(({ placement, microseconds, addedMicroseconds }) => ({
        ...done(placement, [microseconds / 1000]),
        figures: addedMicroseconds === null ? [] : [{ name: 'boundary', value: addedMicroseconds, unit: 'µs' }],
      })),
      remarks: isSlow ? [`The boundary to threads costs more than ${MOST_BOUNDARY_MICROSECONDS} µs.`] : [],
    }
  })
}

function done(engine: string, milliseconds: readonly number[]): Done {
  return { engine, status: 'done', milliseconds, peakBytes: null, cpuMilliseconds: null, figures: [], memory: null }
}
