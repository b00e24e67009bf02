/**
 * What stages cost: how much further apart batches arrive at the end of a streaming pipeline that has some stages more.
 * Source and consumer are the same in both, so that their time falls out, as does the start of threads and processes, which
 * is before the first batch. What is left is the stage's work and the boundary around it; the boundary is what a placement
 * adds to the same stage inline. Placements take turns, and are compared turn by turn: what slows the machine falls out, too.
 */

import type { Engine, PipelineSpecification, PlacementKind } from '../../index.js'
import { median } from '../results.js'
import { arrivals } from './batches.js'

export type Boundary = 'columns' | 'batches' | 'records'

export interface BoundaryResult {
  readonly boundary: Boundary
  readonly placement: PlacementKind
  /** Rows of a batch. */
  readonly rows: number
  /** For one batch and one stage, with its work: the median of all turns. */
  readonly microseconds: number
  /** The median of what each turn took more than the one inline beside it; below 0 where threads share the work. Null of inline. */
  readonly addedMicroseconds: number | null
}

const MODULE = new URL('./batches.js', import.meta.url).pathname
const ROWS = [1, 1_000, 64_000]
/** Below this scale, batches of one size are measured only. */
const SMALL = 0.1
/** Stages of the two pipelines. */
const FEW = 1
const MANY = 3
/** Where nothing has to start; other placements have the first one only. */
const LIGHT_TURNS = 5

/** The boundaries that are measured, and the placements for each. */
const CASES: readonly (readonly [Boundary, readonly PlacementKind[]])[] = [
  ['columns', ['inline', 'threads']],
  ['batches', ['inline', 'threads', 'snapshot', 'process', 'actor']],
  ['records', ['inline', 'threads', 'snapshot', 'process', 'actor']],
]

/** `scale` 1 is 4,000 batches of a row, fewer of more rows. */
export async function measureBoundaries(
  engine: Engine,
  scale: number,
  progress: (text: string) => void,
): Promise<readonly BoundaryResult[]> {
  const results: BoundaryResult[] = []
  for (const [boundary, placements] of CASES) {
    for (const rows of scale < SMALL ? [ROWS[1]] : ROWS) {
      const turns = new Map(placements.map((placement) => [placement, [] as number[]]))
      for (let turn = 0; turn < LIGHT_TURNS; turn++) {
        for (const placement of placements.filter((one) => turn === 0 || isLight(one))) {
          progress(`boundary: ${boundary}, ${placement}, ${rows} rows`)
          const batches = batchesOf(boundary, placement, rows, scale)
          turns.get(placement)!.push(await stageMicroseconds(engine, boundary, placement, { rows, batches }))
        }
      }
      for (const [placement, taken] of turns) {
        const added = placement === 'inline' ? null : addedMicroseconds(taken, turns.get('inline')!)
        results.push({
          boundary,
          placement,
          rows,
          microseconds: Math.max(0, median(taken)),
          addedMicroseconds: added,
        })
      }
    }
  }
  return results
}

/** The median difference of a placement's turns from those inline beside them, of which there are as many or more. */
export function addedMicroseconds(taken: readonly number[], inline: readonly number[]): number {
  return median(taken.map((microseconds, turn) => microseconds - inline[turn]))
}

/** Of one turn. Noise can make it less than nothing. */
async function stageMicroseconds(
  engine: Engine,
  boundary: Boundary,
  placement: PlacementKind,
  amount: Omit<Size, 'stages'>,
): Promise<number> {
  const few = await intervalOf(engine, boundary, placement, { ...amount, stages: FEW })
  const many = await intervalOf(engine, boundary, placement, { ...amount, stages: MANY })
  return ((many - few) * 1000) / (MANY - FEW)
}

interface Size {
  readonly rows: number
  readonly batches: number
  readonly stages: number
}

/** Milliseconds from one batch to the next where they arrive, but for the first ones, which wait for all to start. */
async function intervalOf(engine: Engine, boundary: Boundary, placement: PlacementKind, size: Size): Promise<number> {
  arrivals.length = 0
  await engine.pipeline(pipelineOf(boundary, placement, size)).run()
  const first = Math.floor(arrivals.length / 4)
  const last = arrivals.length - 1
  return (arrivals[last] - arrivals[first]) / (last - first)
}

function isLight(placement: PlacementKind): boolean {
  return placement === 'inline' || placement === 'threads'
}

/** Fewer where a batch takes longer, but enough for a mean where they are cheap. */
function batchesOf(boundary: Boundary, placement: PlacementKind, rows: number, scale: number): number {
  const whole = rows === 1 ? 4_000 : rows === 1_000 ? 2_000 : boundary === 'records' ? 40 : 400
  const least = isLight(placement) && whole >= 1_000 ? 200 : 40
  return Math.max(least, Math.round((isLight(placement) ? whole : whole / 10) * scale))
}

function pipelineOf(
  boundary: Boundary,
  placement: PlacementKind,
  { rows, batches, stages }: Size,
): PipelineSpecification {
  const mode = boundary === 'records' ? ('record' as const) : ('batch' as const)
  const step = (name: string) => ({ function: { module: MODULE, function: name, mode } })
  const transform = {
    columns: { rename: { sensor: 'sensor' } },
    batches: step('sameBatch'),
    records: step('sameRecord'),
  }[boundary]
  const chain = Array.from({ length: stages }, (_, i) => ({
    id: `stage-${i}`,
    from: i === 0 ? 'source' : `stage-${i - 1}`,
    placement,
    transform,
  }))
  return {
    name: `boundary-${boundary}`,
    mode: 'streaming',
    batchSize: rows,
    stages: [
      { id: 'source', source: { module: MODULE, function: 'sameBatches', mode: 'batch', kwargs: { rows, batches } } },
      ...chain,
      { id: 'end', from: `stage-${stages - 1}`, target: { module: MODULE, function: 'arrive', mode: 'batch' } },
    ],
  }
}
