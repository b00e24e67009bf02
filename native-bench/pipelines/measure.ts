/** The suite `pipeline`: what pipelines cost beside what they are made of. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from '../../index.js'
import { type BoundaryResult, measureBoundaries } from './boundaries.js'
import { type FlatMemoryResult, measureFlatMemory } from './flat-memory.js'
import { measureOverhead, type OverheadResult } from './overhead.js'

/** Rows of the stream at scale 1. */
const STREAM_ROWS = 60_000_000

export interface PipelinePlan {
  /** Of lineitem. */
  readonly rows: number
  readonly threads: number
  readonly runs: number
  /** Of the stream, and of the number of batches that cross boundaries. */
  readonly scale: number
  /** The Parquet file. */
  readonly lineitem: string
}

export interface PipelineResult {
  readonly threads: number
  readonly overhead: OverheadResult
  readonly boundaries: readonly BoundaryResult[]
  readonly flatMemory: FlatMemoryResult
}

export async function measurePipelines(
  { rows, threads, runs, scale, lineitem }: PipelinePlan,
  progress: (text: string) => void,
): Promise<PipelineResult> {
  const directory = await mkdtemp(join(tmpdir(), 'volley-bench-'))
  try {
    progress('a stream of generated rows')
    const flatMemory = await measureFlatMemory({
      rows: Math.round(STREAM_ROWS * scale),
      threads,
      output: join(directory, 'stream.parquet'),
    })
    const engine = await open({ threads })
    try {
      progress('a pipeline and the same frame')
      const overhead = await measureOverhead(engine, { rows, runs, lineitem })
      const boundaries = await measureBoundaries(engine, scale, progress)
      return { threads, overhead, boundaries, flatMemory }
    } finally {
      await engine.close()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
