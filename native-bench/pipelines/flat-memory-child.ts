/** The process whose memory is measured: streams generated batches to Parquet, and tells the harness what was resident. */

import { open } from '../../index.js'
import { answerHarness } from '../child-process.js'
import type { FlatMemoryMessage, FlatMemoryRequest, Sample } from './flat-memory.js'

const MODULE = new URL('./batches.js', import.meta.url).pathname
const BATCH = 65_536
const SAMPLE_MILLISECONDS = 100

async function stream({ rows, threads, output }: FlatMemoryRequest): Promise<FlatMemoryMessage> {
  const engine = await open({ threads })
  const batches = Math.ceil(rows / BATCH)
  const kwargs = { rows: BATCH, batches }
  const samples: Sample[] = []
  const started = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const milliseconds = performance.now() - started
    samples.push({ milliseconds, rows: done, residentBytes: process.memoryUsage.rss() })
  }, SAMPLE_MILLISECONDS)
  try {
    await engine
      .pipeline({
        name: 'flat-memory',
        mode: 'streaming',
        batchSize: BATCH,
        extract: { module: MODULE, function: 'newBatches', mode: 'batch', kwargs },
        transform: { filter: 'value >= 500', add: { reading: 'value * 1.5 + sensor' } },
        load: { path: output, mode: 'replace' },
      })
      .run({
        onProgress: ({ stage, rowsOut }) => {
          if (stage === 'extract') done = rowsOut ?? done
        },
      })
  } finally {
    clearInterval(timer)
    await engine.close()
  }
  return { samples, rows: batches * BATCH, milliseconds: performance.now() - started }
}

await answerHarness((request: FlatMemoryRequest) =>
  stream(request).catch(
    (error: unknown): FlatMemoryMessage => ({ failure: error instanceof Error ? error.message : String(error) }),
  ),
)
