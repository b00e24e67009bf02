/** Group by in plain JavaScript: a Map of groups that grow. */

/** In the order in which the groups were met. */
export function groupRecords<Row, Group>(
  rows: readonly Row[],
  keyOf: (row: Row) => string | number,
  start: (row: Row) => Group,
  add: (group: Group, row: Row) => void,
): Group[] {
  const groups = new Map<string | number, Group>()
  for (const row of rows) {
    const key = keyOf(row)
    let group = groups.get(key)
    if (group === undefined) {
      group = start(row)
      groups.set(key, group)
    }
    add(group, row)
  }
  return [...groups.values()]
}
