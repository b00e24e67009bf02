/** What a pipeline in YAML costs beside the frame that does the same: Parquet to Parquet, simple operations. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../../index.js'
import { median } from '../results.js'

export interface OverheadPlan {
  readonly rows: number
  readonly runs: number
  /** The Parquet file of lineitem. */
  readonly lineitem: string
  /** A directory for what they write. */
  readonly outputs: string
}

export interface OverheadResult {
  readonly rows: number
  /** Milliseconds of each run, taking turns. */
  readonly frame: readonly number[]
  readonly pipeline: readonly number[]
  readonly ratio: number
  /** Rows of both outputs. */
  readonly rowsOut: number
}

const KEPT = ['order_key', 'shipped', 'quantity', 'revenue', 'mode']

export async function measureOverhead(
  engine: Engine,
  { rows, runs, lineitem, outputs }: OverheadPlan,
): Promise<OverheadResult> {
  const file = join(outputs, 'pipeline.yaml')
  await writeFile(file, yamlOf(lineitem))
  const frame = () =>
    engine
      .scanParquet(lineitem)
      .rename({ l_orderkey: 'order_key', l_shipdate: 'shipped', l_quantity: 'quantity', l_shipmode: 'mode' })
      .withColumns({ quantity: 'quantity::double' })
      .withColumns({ revenue: 'l_extendedprice * (1 - l_discount)' })
      .filter('l_discount > 0.05')
      .select(...KEPT)
      .sinkParquet(join(outputs, 'frame.parquet'), { overwrite: true })
  const pipeline = () => engine.pipeline(file).run()
  const expected = (await frame()).rowsOut
  const { stages } = await pipeline()
  if (stages.at(-1)?.rowsOut !== expected) {
    throw new Error(`the pipeline wrote ${stages.at(-1)?.rowsOut} rows, the frame ${expected}`)
  }
  const times = { frame: [] as number[], pipeline: [] as number[] }
  for (let run = 0; run < runs; run++) {
    times.frame.push(await timed(frame))
    times.pipeline.push(await timed(pipeline))
  }
  return { rows, ...times, ratio: median(times.pipeline) / median(times.frame), rowsOut: expected }
}

function yamlOf(lineitem: string): string {
  return `
name: overhead
extract: ${JSON.stringify(lineitem)}
transform:
  rename: { l_orderkey: order_key, l_shipdate: shipped, l_quantity: quantity, l_shipmode: mode }
  convert: { quantity: double }
  add: { revenue: l_extendedprice * (1 - l_discount) }
  filter: l_discount > 0.05
  select: [${KEPT.join(', ')}]
load: { path: pipeline.parquet, mode: replace }
`
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
