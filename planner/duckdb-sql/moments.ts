/** Variances from sizes, means and sums of squared distances of parts of a group. */

import type { TypedAggregate } from '../expression.js'
import type { Partial } from './partial-form.js'

/**
 * A row for each group with the size and spread of its parts together (Chan, Golub and LeVeque, "Updating Formulae and a
 * Pairwise Algorithm for Computing Sample Variances", 1979): the parts' own spreads, and the distances of their means
 * from that of the whole, which is found first so that nothing large is subtracted from something large.
 */
export function combinedMoments({ name }: Partial, keys: readonly string[], from: string): string {
  const [size, mean, spread, center] = ['size', 'mean', 'spread', 'center'].map((column) => `${name}_${column}`)
  const columns = (more: readonly string[]) => [...keys, ...more].join(', ')
  const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')}`
  const centered =
    `SELECT ${columns([size, mean, spread])}, sum(${size} * ${mean}) OVER g / sum(${size}) OVER g AS ${center}` +
    ` FROM ${from} WHERE ${size} > 0 WINDOW g AS (${partition})`
  const distances = `${size} * (${mean} - ${center}) ** 2`
  const combined =
    `SELECT ${columns([`sum(${size}) AS ${name}_total`, `sum(${spread} + ${distances}) AS ${name}_distances`])}` +
    ` FROM (${centered})`
  return keys.length === 0 ? combined : `${combined} GROUP BY ${keys.join(', ')}`
}

/** A variance or deviation of a merged group. */
export function variationOf({ function: name }: TypedAggregate, partial: Partial): string {
  const [total, distances] = [`max(t.${partial.name}_total)`, `max(t.${partial.name}_distances)`]
  const sample = name === 'stddev' || name === 'variance'
  const variance = `greatest(${distances}, 0) / nullif(greatest(${total} - ${sample ? 1 : 0}, 0), 0)`
  const result = name === 'stddev' || name === 'stddevPop' ? `sqrt(${variance})` : variance
  // Of what is not finite, DuckDB's own variance fails as volley's does.
  return `CASE WHEN isfinite(${result}) THEN ${result} ELSE list_var_pop([${result}, ${result}]) END`
}
