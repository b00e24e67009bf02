/** Gathers morsels into bundles, each the work of one task. */

import type { TaskMorsel } from '../workers/messages.js'

/**
 * Bundles of at least `rows` rows, in order. The first bundles are single morsels and later ones twice as large as those
 * before, so that first results come soon. With 0 rows every morsel is a bundle of its own. Morsels that the
 * consumer has not been given when it stops, or when the source fails, go to `discard`.
 */
export async function* bundled(
  morsels: AsyncIterable<TaskMorsel>,
  rows: number,
  discard: (morsel: TaskMorsel) => void,
): AsyncGenerator<readonly TaskMorsel[]> {
  let bundle: TaskMorsel[] = []
  let gathered = 0
  let wanted = 0
  try {
    for await (const morsel of morsels) {
      bundle.push(morsel)
      gathered += rowsOf(morsel)
      if (gathered < wanted) continue
      wanted = Math.min(rows, Math.max(gathered, wanted * 2))
      const complete = bundle
      bundle = []
      gathered = 0
      yield complete
    }
    const rest = bundle
    bundle = []
    if (rest.length > 0) yield rest
  } finally {
    for (const morsel of bundle) discard(morsel)
  }
}

function rowsOf(morsel: TaskMorsel): number {
  return morsel.kind === 'batch' ? morsel.batch.length : morsel.rows
}
