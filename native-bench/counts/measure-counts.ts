/** Counts the work of the fixed plans: with one thread, in an engine of its own each. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineWork } from '../../engine/engine-parts.js'
import { Executor } from '../../engine/executor.js'
import { checkEngineOptions } from '../../engine/options.js'
import { Engine } from '../../engine/session.js'
import type { ProfiledNode, RunReport } from '../../index.js'
import { COUNTED_PLANS, type CountedPlan } from './plans.js'
import { countedTables } from './tables.js'

/** Numbers that are the same at every run, as long as the engine does the same. */
export interface Counts extends EngineWork {
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Batches that all nodes of the plan put out; null of a plan that writes a file, whose nodes are not measured. */
  readonly batches: number | null
  readonly spilledBytes: number | null
}

export interface CountedRun {
  readonly plan: CountedPlan
  readonly counts: Counts
  /** Of the run alone; no count. */
  readonly milliseconds: number
}

/** Enough for all plans, so that nothing is given up for want of memory. */
const MEMORY_LIMIT = 6e9

/** `wants` chooses plans by their names. */
export async function measureCounts(wants: (name: string) => boolean = () => true): Promise<CountedRun[]> {
  const directory = await mkdtemp(join(tmpdir(), 'volley-counts-'))
  try {
    const runs: CountedRun[] = []
    for (const plan of COUNTED_PLANS) if (wants(plan.name)) runs.push(await countPlan(plan, directory))
    return runs
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function countPlan(plan: CountedPlan, directory: string): Promise<CountedRun> {
  const executor = new Executor({
    ...checkEngineOptions({ threads: 1, memoryLimit: MEMORY_LIMIT, tempDirectory: directory }),
    breakerBytes: plan.breakerBytes,
    pushesDown: false,
    countsKernelCalls: true,
  })
  await using engine = new Engine(executor)
  const frame = plan.frame(countedTables(engine))
  const run = { strategy: plan.strategy }
  const began = performance.now()
  const measured = plan.writes
    ? { report: await frame.sinkParquet(join(directory, `${plan.name}.parquet`), {}, run), nodes: null }
    : await frame.profile(run).then(({ report, plan: root }) => ({ report, nodes: nodesOf(root) }))
  const milliseconds = performance.now() - began
  return { plan, counts: { ...countsOf(measured), ...executor.work() }, milliseconds }
}

interface Measured {
  readonly report: RunReport
  readonly nodes: readonly ProfiledNode[] | null
}

function countsOf({ report, nodes }: Measured): Omit<Counts, keyof EngineWork> {
  const { rowsIn, rowsOut, bytesRead, bytesWritten } = report
  const total = (field: 'batches' | 'spilledBytes') =>
    nodes?.flatMap(({ metrics }) => metrics).reduce((sum, one) => sum + one[field], 0) ?? null
  return { rowsIn, rowsOut, bytesRead, bytesWritten, batches: total('batches'), spilledBytes: total('spilledBytes') }
}

function nodesOf(node: ProfiledNode): readonly ProfiledNode[] {
  return [node, ...node.inputs.flatMap(nodesOf)]
}
