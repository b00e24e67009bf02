/** The questions of db-benchmark that are a group by and nothing else. */

import { aggregation, type GroupRow } from './aggregation.js'
import { groupRecords } from './group-records.js'
import type { Work } from './work.js'

export const AGGREGATIONS: readonly Work<GroupRow>[] = [
  aggregation({
    name: 'q01',
    title: 'sum v1 by id1',
    keys: ['id1'],
    aggregates: { v1: ['sum', 'v1'] },
    comparison: 'rows',
    records: ({ x }) =>
      groupRecords(
        x,
        (row) => row.id1,
        ({ id1 }) => ({ id1, v1: 0 }),
        (group, { v1 }) => {
          group.v1 += v1
        },
      ),
  }),
  aggregation({
    name: 'q02',
    title: 'sum v1 by id1:id2',
    keys: ['id1', 'id2'],
    aggregates: { v1: ['sum', 'v1'] },
    comparison: 'rows',
    records: ({ x }) =>
      groupRecords(
        x,
        ({ id1, id2 }) => `${id1}|${id2}`,
        ({ id1, id2 }) => ({ id1, id2, v1: 0 }),
        (group, { v1 }) => {
          group.v1 += v1
        },
      ),
  }),
  aggregation({
    name: 'q03',
    title: 'sum v1 mean v3 by id3',
    keys: ['id3'],
    aggregates: { v1: ['sum', 'v1'], v3: ['mean', 'v3'] },
    comparison: 'rows',
    records: ({ x }) =>
      groupRecords(
        x,
        (row) => row.id3,
        ({ id3 }) => ({ id3, v1: 0, v3: 0, rows: 0 }),
        (group, { v1, v3 }) => {
          group.v1 += v1
          group.v3 += v3
          group.rows++
        },
      ).map(({ id3, v1, v3, rows }) => ({ id3, v1, v3: v3 / rows })),
  }),
  aggregation({
    name: 'q04',
    title: 'mean v1:v3 by id4',
    keys: ['id4'],
    aggregates: { v1: ['mean', 'v1'], v2: ['mean', 'v2'], v3: ['mean', 'v3'] },
    comparison: 'rows',
    records: ({ x }) =>
      groupRecords(
        x,
        (row) => row.id4,
        ({ id4 }) => ({ id4, v1: 0, v2: 0, v3: 0, rows: 0 }),
        (group, { v1, v2, v3 }) => {
          group.v1 += v1
          group.v2 += v2
          group.v3 += v3
          group.rows++
        },
      ).map(({ id4, v1, v2, v3, rows }) => ({ id4, v1: v1 / rows, v2: v2 / rows, v3: v3 / rows })),
  }),
  aggregation({
    name: 'q05',
    title: 'sum v1:v3 by id6',
    keys: ['id6'],
    aggregates: { v1: ['sum', 'v1'], v2: ['sum', 'v2'], v3: ['sum', 'v3'] },
    comparison: 'rows',
    records: ({ x }) =>
      groupRecords(
        x,
        (row) => row.id6,
        ({ id6 }) => ({ id6, v1: 0, v2: 0, v3: 0 }),
        (group, { v1, v2, v3 }) => {
          group.v1 += v1
          group.v2 += v2
          group.v3 += v3
        },
      ),
  }),
  aggregation({
    name: 'q06',
    title: 'median v3 sd v3 by id4 id5',
    keys: ['id4', 'id5'],
    aggregates: { median_v3: ['median', 'v3'], sd_v3: ['deviation', 'v3'] },
    comparison: 'rows',
    records: ({ x }) =>
      groupRecords(
        x,
        ({ id4, id5 }) => id4 * 2 ** 20 + id5,
        ({ id4, id5 }) => ({ id4, id5, values: [] as number[] }),
        (group, { v3 }) => group.values.push(v3),
      ).map(({ id4, id5, values }) => ({ id4, id5, median_v3: median(values), sd_v3: deviation(values) })),
  }),
  aggregation({
    name: 'q10',
    title: 'sum v3 count by id1:id6',
    isHuge: true,
    keys: ['id1', 'id2', 'id3', 'id4', 'id5', 'id6'],
    aggregates: { v3: ['sum', 'v3'], count: ['count', 'v3'] },
    comparison: { sums: [['v3'], ['count'], ['v3', 'id4'], ['v3', 'id5'], ['v3', 'id6']] },
    records: ({ x }) =>
      groupRecords(
        x,
        ({ id1, id2, id3, id4, id5, id6 }) => `${id1}|${id2}|${id3}|${id4}|${id5}|${id6}`,
        ({ id1, id2, id3, id4, id5, id6 }) => ({ id1, id2, id3, id4, id5, id6, v3: 0, count: 0 }),
        (group, { v3 }) => {
          group.v3 += v3
          group.count++
        },
      ),
  }),
]

function median(values: number[]): number {
  values.sort((a, b) => a - b)
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
}

/** Of a sample; null for one value. */
function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null
  let [sum, squares] = [0, 0]
  for (const value of values) sum += value
  const mean = sum / values.length
  for (const value of values) squares += (value - mean) ** 2
  return Math.sqrt(squares / (values.length - 1))
}
