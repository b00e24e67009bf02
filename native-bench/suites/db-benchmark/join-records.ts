/** Joins in plain JavaScript: a Map of the other table's rows by key. */

interface Row {
  readonly id1: number
  readonly id2: number
  readonly id3: number
  readonly id4: string
  readonly id5: string
  readonly id6: string
}
/** What it has of the keys and values depends on the table. */
export type JoinRow = Row & { readonly v1: number; readonly v2: number }

/**
 * A row of the result; `y` is null where a left join finds no partner. Objects of literals: spread ones take many times
 * as long.
 */
type Combine = (x: JoinRow, y: JoinRow | null) => object

export const withSmallById1: Combine = (x, y) => ({
  id1: x.id1,
  id2: x.id2,
  id3: x.id3,
  id4: x.id4,
  id5: x.id5,
  id6: x.id6,
  v1: x.v1,
  right_id4: y?.id4 ?? null,
  v2: y?.v2 ?? null,
})

export const withMediumById2: Combine = (x, y) => ({
  id1: x.id1,
  id2: x.id2,
  id3: x.id3,
  id4: x.id4,
  id5: x.id5,
  id6: x.id6,
  v1: x.v1,
  right_id1: y?.id1 ?? null,
  right_id4: y?.id4 ?? null,
  right_id5: y?.id5 ?? null,
  v2: y?.v2 ?? null,
})

export const withMediumById5: Combine = (x, y) => ({
  id1: x.id1,
  id2: x.id2,
  id3: x.id3,
  id4: x.id4,
  id5: x.id5,
  id6: x.id6,
  v1: x.v1,
  right_id1: y?.id1 ?? null,
  right_id2: y?.id2 ?? null,
  right_id4: y?.id4 ?? null,
  v2: y?.v2 ?? null,
})

export const withBigById3: Combine = (x, y) => ({
  id1: x.id1,
  id2: x.id2,
  id3: x.id3,
  id4: x.id4,
  id5: x.id5,
  id6: x.id6,
  v1: x.v1,
  right_id1: y?.id1 ?? null,
  right_id2: y?.id2 ?? null,
  right_id4: y?.id4 ?? null,
  right_id5: y?.id5 ?? null,
  right_id6: y?.id6 ?? null,
  v2: y?.v2 ?? null,
})

/** Keys of `right` are unique. */
export function joinRecords(
  left: readonly JoinRow[],
  right: readonly JoinRow[],
  keyOf: (row: JoinRow) => string | number,
  how: 'inner' | 'left',
  combine: Combine,
): object[] {
  const partners = new Map(right.map((row) => [keyOf(row), row]))
  const joined: object[] = []
  for (const row of left) {
    const partner = partners.get(keyOf(row)) ?? null
    if (partner !== null || how === 'left') joined.push(combine(row, partner))
  }
  return joined
}
