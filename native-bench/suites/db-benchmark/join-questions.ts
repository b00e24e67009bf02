/** The five join questions of db-benchmark, in its order. */

import type { JoinFiles } from '../../../data-fixtures/bench-tables.js'
import {
  type JoinRow,
  joinRecords,
  withBigById3,
  withMediumById2,
  withMediumById5,
  withSmallById1,
} from './join-records.js'
import type { Comparison, Work } from './work.js'

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
  readonly key: 'id1' | 'id2' | 'id3' | 'id5'
  readonly how: 'inner' | 'left'
  readonly combine: Parameters<typeof joinRecords>[4]
}

export const JOIN_QUESTIONS: readonly Work<JoinRow>[] = [
  question({
    name: 'q01',
    title: 'small inner on int',
    right: 'small',
    key: 'id1',
    how: 'inner',
    combine: withSmallById1,
  }),
  question({
    name: 'q02',
    title: 'medium inner on int',
    right: 'medium',
    key: 'id2',
    how: 'inner',
    combine: withMediumById2,
  }),
  question({
    name: 'q03',
    title: 'medium outer on int',
    right: 'medium',
    key: 'id2',
    how: 'left',
    combine: withMediumById2,
  }),
  question({
    name: 'q04',
    title: 'medium inner on factor',
    right: 'medium',
    key: 'id5',
    how: 'inner',
    combine: withMediumById5,
  }),
  question({ name: 'q05', title: 'big inner on int', right: 'big', key: 'id3', how: 'inner', combine: withBigById3 }),
]

/** The result has all columns of `x`, then those of the other table without the key, as `right_` if both have them. */
function question({ name, title, right, key, how, combine }: Question): Work<JoinRow> {
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
    records: ({ x, y }) => joinRecords(x, y, (row) => row[key], how, combine),
  }
}

/** Of columns that change their names. */
function renames(renamed: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...renamed].filter(([column, as]) => column !== as))
}
