/**
 * Joins whose build side has no room: both sides are put into partitions by the hashes of their keys, and partitions of the
 * same number are joined with each other in memory.
 *
 * Source: DeWitt et al., "Implementation techniques for main memory database systems" (1984), the Grace hash join.
 */

import type { Batch } from '../../../io/batch.js'
import type { PlanPart } from '../../metrics/plan-part.js'
import type { OperatorHandle } from '../../run.js'
import { orderedMap } from '../ordered-map.js'
import type { JoinStep } from '../pipeline.js'
import { Pieces } from './gather.js'
import { type BuiltJoin, builtJoin, releaseJoin, unmatchedRows } from './join-table.js'
import { Partitions, partitionBits } from './partitions.js'
import { type BulkWork, contiguous, type Prepared } from './work.js'

/** The part of a breaker's share that a partition of the build side should take: another is made ready meanwhile. */
const PARTITION_SHARE = 0.5
/** A part of a split partition with more of its rows than this is of few keys: to split it again would not help. */
const SKEWED_SHARE = 0.9

export type BuildSide =
  | { readonly kind: 'memory'; readonly whole: Batch }
  | { readonly kind: 'partitions'; readonly partitions: Partitions }

/** Takes the rows of a build side: into memory, and where they have no room there, into partitions by the keys. */
export async function gatherBuild(
  work: BulkWork,
  { source, steps }: Prepared,
  { build: { schema }, buildKeys: keys, node }: JoinStep,
  operator: OperatorHandle,
): Promise<BuildSide> {
  const feed = work.feed(source)
  const pieces = new Pieces(work, operator, feed)
  try {
    for await (const batch of operator.span.input(work.outputOf(feed, steps, () => pieces.areTooMany()))) {
      pieces.add({ ...batch, schema })
    }
    if (feed.exhausted) return { kind: 'memory', whole: await contiguous(operator, schema, pieces.take()) }
    const { taken, total } = feed
    const bits = partitionBits({ bytes: pieces.bytes, taken, total }, work.switching.shareBytes * PARTITION_SHARE)
    const partitions = await Partitions.create(work, operator, { schema, keys, bits })
    await partitions.fillFrom(pieces.drain())
    await partitions.fill(feed, steps, node)
    return { kind: 'partitions', partitions }
  } finally {
    pieces.release()
    await feed.close()
  }
}

/** Partitions of both sides with the same keys. */
interface Pair {
  readonly build: Partitions
  readonly probe: Partitions
  readonly partition: number
}

/** The rows of a join with the partitions of its build side, which are released with it. */
export async function* joinPartitions(
  work: BulkWork,
  join: JoinStep,
  { source, steps }: Prepared,
  build: Partitions,
): AsyncGenerator<Batch> {
  const operator = work.run.operator('join', undefined, work.span(join))
  const width = join.schema.fields.length - join.buildColumns.length
  const schema = { fields: join.schema.fields.slice(0, width) }
  const owned = [build]
  try {
    const probe = await Partitions.create(work, operator, { schema, keys: join.probeKeys, bits: build.bits })
    owned.push(probe)
    await probe.fill(work.feed(source), steps, join.node)
    yield* joinPairs(work, join, operator, pairsOf(work, join, { build, probe }, owned))
  } finally {
    for (const partitions of owned) await partitions.release()
  }
}

/** One pair after the other; the table of the next is made while one is probed. */
async function* joinPairs(
  work: BulkWork,
  join: JoinStep,
  operator: OperatorHandle,
  pairs: AsyncGenerator<Pair>,
): AsyncGenerator<Batch> {
  const { memory, pool } = work.run
  const node = outputPart(join)
  const built = orderedMap(
    pairs,
    () => (memory.isCrowded ? 1 : 2),
    async ({ build, probe, partition }) => {
      const whole = await build.load(partition)
      build.drop(partition)
      return { table: await builtJoin(operator, pool.threads, join, whole, node), probe, partition }
    },
    ({ table }) => releaseJoin(operator, table),
    () => work.run.stop(),
  )
  for await (const { table, probe, partition } of built) {
    try {
      yield* probed(work, join, operator, table, probe.feed(partition))
    } finally {
      releaseJoin(operator, table)
      probe.drop(partition)
    }
  }
}

async function* probed(
  work: BulkWork,
  join: JoinStep,
  operator: OperatorHandle,
  { step }: BuiltJoin,
  feed: ReturnType<Partitions['feed']>,
): AsyncGenerator<Batch> {
  yield* work.outputOf(feed, [step], () => false, operator)
  if (join.how === 'full') yield* unmatchedRows(work, step)
}

/** The pairs that can have rows in the result. Those with too large a build side are split; the parts go to `owned`. */
async function* pairsOf(
  work: BulkWork,
  join: JoinStep,
  { build, probe }: Omit<Pair, 'partition'>,
  owned: Partitions[],
): AsyncGenerator<Pair> {
  for (let partition = 0; partition < build.count; partition++) {
    const [buildRows, probeRows] = [build.rows(partition), probe.rows(partition)]
    const isEmpty = join.how === 'full' ? buildRows + probeRows === 0 : probeRows === 0
    if (isEmpty || (buildRows === 0 && (join.how === 'inner' || join.how === 'semi'))) continue
    if (build.bytes(partition) <= work.switching.shareBytes || !build.canSplit(partition)) {
      yield { build, probe, partition }
      continue
    }
    const parts = await build.split(partition)
    owned.push(parts)
    const largest = Math.max(...Array.from({ length: parts.count }, (_, part) => parts.rows(part)))
    if (largest > buildRows * SKEWED_SHARE) yield { build, probe, partition }
    else {
      const probeParts = await probe.split(partition)
      owned.push(probeParts)
      yield* pairsOf(work, join, { build: parts, probe: probeParts }, owned)
    }
  }
}

/** What counts the rows of the result: those of both sides were counted as they were put into partitions. */
function outputPart({ node }: JoinStep): PlanPart | undefined {
  return node === undefined || node.place === 'first' ? undefined : { ...node, place: 'last' }
}
