/** Routes the rows of a batch by their keys: equal keys, null being one, go to the same actor. */

import type { Batch } from '../../../io/batch.js'
import { nearestName, VolleyError } from '../../../planner/errors.js'
import { takeBatch, unpackBatch } from '../../kernels/vectors.js'
import { hashKeys } from '../../operators/keys/hash.js'
import type { TaskContext } from '../../workers/task-context.js'

/** Calls `route` with the rows of each actor that gets some; they lie in scratch and are valid until it returns. */
export function routeByKey(
  context: TaskContext,
  batch: Batch,
  keys: readonly number[],
  actors: number,
  route: (actor: number, rows: Batch) => void,
): void {
  const { memory, scratch } = context
  const plain = unpackBatch(context, batch)
  const hashes = hashKeys(
    context,
    keys.map((index) => plain.columns[index]),
    batch.length,
  )
  const targets = new Uint16Array(batch.length)
  const counts = new Uint32Array(actors)
  for (let row = 0; row < batch.length; row++) {
    const target = memory.u32[hashes / 4 + row * 2 + 1] % actors
    targets[row] = target
    counts[target]++
  }
  const starts = counts.map((_, actor) => (actor === 0 ? 0 : counts.subarray(0, actor).reduce((sum, n) => sum + n, 0)))
  const indices = scratch(Math.max(1, batch.length) * 4)
  const next = starts.slice()
  for (let row = 0; row < batch.length; row++) memory.u32[indices / 4 + next[targets[row]]++] = row
  for (let actor = 0; actor < actors; actor++) {
    if (counts[actor] === 0) continue
    const mark = context.markScratch()
    route(actor, takeBatch(context, plain, indices + starts[actor] * 4, counts[actor]))
    context.rewindScratch(mark)
  }
}

/** Positions of key columns. Throws VOLLEY_UNKNOWN_COLUMN. */
export function keyPositions(
  stage: string,
  { schema }: Pick<Batch, 'schema'>,
  key: readonly string[],
): readonly number[] {
  const names = schema.fields.map(({ name }) => name)
  return key.map((name) => {
    const position = names.indexOf(name)
    if (position >= 0) return position
    const nearest = nearestName(name, names)
    throw new VolleyError(
      'VOLLEY_UNKNOWN_COLUMN',
      `stage '${stage}' routes by column '${name}', which its input lacks: it has ${names.join(', ')}${nearest === null ? '' : `; did you mean '${nearest}'?`}`,
      { stage, column: name },
    )
  })
}
