/**
 * Positions: columns that say where a row stands among those of its input, as rows come in the bulk strategy. Rows that
 * are ordered by them, nulls last, are in that order. They are only asked for where a result depends on it.
 */

/** Columns of a subquery, first one first. */
export type Positions = readonly string[]

/** `p0, p1, ...` */
export function positionNames(count: number): Positions {
  return Array.from({ length: count }, (_, index) => `p${index}`)
}

/** One value that is smallest in the first of some rows. */
export function firstPosition(positions: Positions): string {
  return positions.length === 1 ? `min(${positions[0]})` : `min(row(${positions.join(', ')}))`
}

/** Terms of a select list that pass positions on, under their names or those of another count. */
export function passedOn(positions: Positions, names: Positions = positions): string[] {
  return positions.map((position, index) => (position === names[index] ? position : `${position} AS ${names[index]}`))
}
