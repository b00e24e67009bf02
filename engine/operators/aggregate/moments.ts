/** Variances and standard deviations, of samples and of populations. */

import { bitmapBytes, vector } from '../../../io/batch.js'
import { VolleyError } from '../../../planner/errors.js'
import { FLOAT64, INT64 } from '../../../planner/types.js'
import { plain } from '../../kernels/vectors.js'
import type { Accumulator } from './accumulator.js'
import { doublesOf, readCounted } from './sums.js'

export const moments: Accumulator = {
  key: 'moments',
  bytes: 24,
  auxiliary: null,
  update({ context, base, stride }, rows, { argument, valid }) {
    const values = doublesOf(context, argument!)
    context.wasm.aggregate_moments(values, valid, rows.groups, rows.length, base, stride)
  },
  merge({ context, base, stride }, source, { groups, entries, count }) {
    context.wasm.aggregate_merge_moments(base, stride, groups, source.base, source.stride, entries, count)
  },
  addPartials({ context, base, stride }, { groups, length }, columns) {
    const [sizes, means, spreads] = columns.map((column) => plain(context, column))
    context.wasm.aggregate_add_moments(
      ...([sizes.values, means.values, spreads.values, sizes.validity, groups, length, base, stride] as const),
    )
  },
  finish({ context, base, stride }, aggregate) {
    const name = aggregate.function
    const sample = name === 'stddev' || name === 'variance' ? 1 : 0
    const root = name === 'stddev' || name === 'stddevPop' ? 1 : 0
    return (entries, count) => {
      const values = context.scratch(count * 8)
      const validity = context.scratch(bitmapBytes(count))
      const { wasm } = context
      if (wasm.aggregate_read_moments(base, stride, entries, count, sample, root, values, validity) === 0) {
        throw new VolleyError('VOLLEY_OVERFLOW', `${name} of '${aggregate.name}' is not finite`, {
          column: aggregate.name,
        })
      }
      return vector(aggregate.type, count, { values, validity })
    }
  },
  partials(target) {
    const { context, base, stride } = target
    return {
      ofGroups(entries, count) {
        const validity = readCounted(target, 0, entries, count)
        return [INT64, FLOAT64, FLOAT64].map((type, place) => {
          const values = context.scratch(count * 8)
          context.wasm.group_copy_words(base + place * 8, stride, 8, entries, count, values)
          return vector(type, count, { validity, values })
        })
      },
      further: null,
    }
  },
}
