/** The group-by questions of db-benchmark. */

import { type GroupRow, groupTable } from './aggregation.js'
import { AGGREGATIONS } from './group-aggregations.js'
import { groupRecords } from './group-records.js'
import type { Work } from './work.js'

const range: Work<GroupRow> = {
  name: 'q07',
  title: 'max v1 - min v2 by id3',
  files: groupTable('id3', 'v1', 'v2'),
  columns: ['id3', 'range_v1_v2'],
  comparison: 'rows',
  sql: ({ x }) => `select id3, max(v1) - min(v2) as range_v1_v2 from ${x} group by id3`,
  volley: ({ x }) => x.groupBy('id3').agg({ range_v1_v2: 'max(v1) - min(v2)' }),
  polars: ({ x }, { pl }) => x.groupBy('id3').agg(pl.col('v1').max().sub(pl.col('v2').min()).alias('range_v1_v2')),
  arquero: ({ x }) => x.groupby('id3').rollup({ range_v1_v2: 'd => op.max(d.v1) - op.min(d.v2)' }),
  records: ({ x }) =>
    groupRecords(
      x,
      (row) => row.id3,
      ({ id3 }) => ({ id3, largest: -Infinity, least: Infinity }),
      (group, { v1, v2 }) => {
        if (v1 > group.largest) group.largest = v1
        if (v2 < group.least) group.least = v2
      },
    ).map(({ id3, largest, least }) => ({ id3, range_v1_v2: largest - least })),
}

const largestTwo: Work<GroupRow> = {
  name: 'q08',
  title: 'largest two v3 by id6',
  files: groupTable('id6', 'v3'),
  columns: ['id6', 'largest2_v3'],
  comparison: 'rows',
  sql: ({ x }) => `select id6, unnest(max(v3, 2)) as largest2_v3 from ${x} group by id6`,
  volley: ({ x }) =>
    x
      .withColumns({ place: 'row_number() over (partition by id6 order by v3 desc)' })
      .filter('place <= 2')
      .select('id6', 'v3 as largest2_v3'),
  polars: ({ x }, { pl }) =>
    x.groupBy('id6').agg(pl.col('v3').sort(true).head(2).alias('largest2_v3')).explode('largest2_v3'),
  arquero: ({ x }, { aq }) =>
    x
      .groupby('id6')
      .orderby(aq.desc('v3'))
      .derive({ place: aq.op.row_number() })
      .filter('d => d.place <= 2')
      .select({ id6: 'id6', v3: 'largest2_v3' }),
  records: ({ x }) =>
    groupRecords(
      x,
      (row) => row.id6,
      ({ id6 }) => ({ id6, first: -Infinity, second: -Infinity }),
      (group, { v3 }) => {
        if (v3 > group.first) {
          group.second = group.first
          group.first = v3
        } else if (v3 > group.second) group.second = v3
      },
    ).flatMap(({ id6, first, second }) =>
      second === -Infinity
        ? [{ id6, largest2_v3: first }]
        : [
            { id6, largest2_v3: first },
            { id6, largest2_v3: second },
          ],
    ),
}

const regression: Work<GroupRow> = {
  name: 'q09',
  title: 'regression v1 v2 by id2 id4',
  files: groupTable('id2', 'id4', 'v1', 'v2'),
  columns: ['id2', 'id4', 'r2'],
  comparison: 'rows',
  sql: ({ x }) => `select id2, id4, pow(corr(v1, v2), 2) as r2 from ${x} group by id2, id4`,
  // It has no corr: the square of the correlation, of sums.
  volley: ({ x }) =>
    x
      .groupBy('id2', 'id4')
      .agg({ n: 'count(*)', a: 'sum(v1)', b: 'sum(v2)', aa: 'sum(v1 * v1)', bb: 'sum(v2 * v2)', ab: 'sum(v1 * v2)' })
      .select('id2', 'id4', `pow((n * ab - a * b)::double, 2) / ((n * aa - a * a) * (n * bb - b * b)) as r2`),
  polars: ({ x }, { pl }) => x.groupBy(['id2', 'id4']).agg(pl.pearsonCorr('v1', 'v2').pow(2).alias('r2')),
  arquero: ({ x }, { aq }) =>
    x
      .groupby('id2', 'id4')
      .rollup({ r: aq.op.corr('v1', 'v2') })
      .derive({ r2: 'd => d.r * d.r' })
      .select('id2', 'id4', 'r2'),
  records: ({ x }) =>
    groupRecords(
      x,
      ({ id2, id4 }) => `${id2}|${id4}`,
      ({ id2, id4 }) => ({ id2, id4, n: 0, a: 0, b: 0, aa: 0, bb: 0, ab: 0 }),
      (group, { v1, v2 }) => {
        group.n++
        group.a += v1
        group.b += v2
        group.aa += v1 * v1
        group.bb += v2 * v2
        group.ab += v1 * v2
      },
    ).map(({ id2, id4, n, a, b, aa, bb, ab }) => ({
      id2,
      id4,
      r2: (n * ab - a * b) ** 2 / ((n * aa - a * a) * (n * bb - b * b)),
    })),
}

/** In its order. */
export const GROUP_QUESTIONS: readonly Work<GroupRow>[] = [...AGGREGATIONS, range, largestTwo, regression].sort(
  (a, b) => (a.name < b.name ? -1 : 1),
)
