/** The five join questions of db-benchmark, in its order. */

import type { JoinFiles } from '../../../data-fixtures/bench-tables.js'
import type { Comparison, Work } from './work.js'

export type JoinRow = Readonly<Record<string, string | number | null>>
type Right = Exclude<keyof JoinFiles, 'x'>

const LEFT_COLUMNS = ['id1', 'id2', 'id3', 'id4', 'id5', 'id6', 'v1']
const RIGHT_COLUMNS: Readonly<Record<Right, readonly string[]>> = {
  small: ['id1', 'id4', 'v2'],
  medium: ['id1', 'id2', 'id4', 'id5', 'v2'],
  big: ['id1', 'id2', 'id3', 'id4', 'id5', 'id6', 'v2'],
}

interface Question {
  readonly name: string
  readonly title: string
  readonly right: Right
  readonly key: string
  readonly how: 'inner' | 'left'
}

export const JOIN_QUESTIONS: readonly Work<JoinRow>[] = [
  question({ name: 'q01', title: 'small inner on int', right: 'small', key: 'id1', how: 'inner' }),
  question({ name: 'q02', title: 'medium inner on int', right: 'medium', key: 'id2', how: 'inner' }),
  question({ name: 'q03', title: 'medium outer on int', right: 'medium', key: 'id2', how: 'left' }),
  question({ name: 'q04', title: 'medium inner on factor', right: 'medium', key: 'id5', how: 'inner' }),
  question({ name: 'q05', title: 'big inner on int', right: 'big', key: 'id3', how: 'inner' }),
]

/** The result has all columns of `x`, then those of the other table without the key, as `right_` if both have them. */
function question({ name, title, right, key, how }: Question): Work<JoinRow> {
  const added = RIGHT_COLUMNS[right].filter((column) => column !== key)
  const renamed = new Map(added.map((column) => [column, LEFT_COLUMNS.includes(column) ? `right_${column}` : column]))
  const comparison: Comparison = {
    sums: [['v1'], ['v2'], ['v1', 'v2'], ['id3', 'v2'], ...(renamed.has('id1') ? [['right_id1', 'v1']] : [])],
  }
  return {
    name,
    title,
    files: async (tables) => {
      const joins = await tables.joins()
      return {
        x: { path: joins.x, columns: LEFT_COLUMNS },
        y: { path: joins[right], columns: RIGHT_COLUMNS[right] },
      }
    },
    columns: [...LEFT_COLUMNS, ...renamed.values()],
    comparison,
    sql: ({ x, y }) => {
      const list = [...renamed].map(([column, as]) => `y.${column} as ${as}`)
      return `select x.*, ${list.join(', ')} from ${x} x ${how} join ${y} y on x.${key} = y.${key}`
    },
    volley: ({ x, y }) => x.join(y.rename(renames(renamed)), { on: key, how }),
    polars: ({ x, y }) => x.join(y.rename(renames(renamed)), { on: key, how }),
    arquero: ({ x, y }) => {
      const other = y.rename(renames(renamed))
      return how === 'inner' ? x.join(other, key) : x.join_left(other, key)
    },
    records: ({ x, y }) => joinRecords(x, y, key, renamed, how),
  }
}

/** Of columns that change their names. */
function renames(renamed: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...renamed].filter(([column, as]) => column !== as))
}

/** Keys of `right` are unique. */
function joinRecords(
  left: readonly JoinRow[],
  right: readonly JoinRow[],
  key: string,
  renamed: ReadonlyMap<string, string>,
  how: 'inner' | 'left',
): JoinRow[] {
  const additions = new Map<string | number | null, JoinRow>()
  for (const row of right) {
    additions.set(row[key], Object.fromEntries(Array.from(renamed, ([column, as]) => [as, row[column]])))
  }
  const nothing = Object.fromEntries(Array.from(renamed.values(), (as) => [as, null]))
  const joined: JoinRow[] = []
  for (const row of left) {
    const addition = additions.get(row[key]) ?? (how === 'left' ? nothing : null)
    if (addition !== null) joined.push({ ...row, ...addition })
  }
  return joined
}
