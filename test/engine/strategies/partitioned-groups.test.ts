/** Aggregations whose groups, or distinct values, do not fit what breakers may hold. */

import { readdirSync } from 'node:fs'
import type { Frame } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { Scene } from '../../support/scene.js'
import { openWithBreakerBytes } from '../../support/small-memory.js'

/** So little that partitions are split again. */
const BREAKER_BYTES = 1 << 18

const scene = Scene.forFile({ threads: 2 }, (options) => openWithBreakerBytes(BREAKER_BYTES, options))
const input = scene.path('input.parquet')

beforeAll(() =>
  duckdbRun(`copy (select i, (i * 7919) % 20000 as k, i % 3 as few, md5(((i * 31) % 25000)::varchar) as text,
      case when i % 11 = 0 then null else (i % 977) / 4 end as ratio
    from range(60000) t(i)) to '${input}' (row_group_size 5120)`),
)

const shapes: Readonly<Record<string, (table: Frame) => Frame>> = {
  'many groups, few rows each': (table) =>
    table.groupBy('k').agg({ n: 'count(*)', total: 'sum(i)', mean: 'avg(ratio)', most: 'max(text)' }).sort('k'),
  'first and last rows of many groups': (table) =>
    table.groupBy('k').agg({ first: 'first(text)', last: 'last(i)', any: 'any_value(ratio)' }).sort('k'),
  'as many groups as rows': (table) => table.groupBy('i', 'text').agg({ n: 'count(ratio)' }).sort('i'),
  'distinct rows of strings': (table) => table.select('text', 'few').distinct().sort('text', 'few'),
  'quantiles of many groups': (table) => table.groupBy('k').agg({ median: 'median(i)' }).sort('k'),
  'distinct values of few groups': (table) =>
    table
      .groupBy('few')
      .agg({ texts: 'count(distinct text)', sum: 'sum(distinct k)', n: 'count(*)', rows: 'count(distinct i)' })
      .sort('few'),
  'distinct values of all rows': (table) =>
    table.groupBy().agg({ texts: 'count(distinct text)', n: 'count(*)', least: 'min(i)' }),
}

async function rowsOf(frame: Frame, strategy: 'row' | 'bulk', switchAtMorsel?: number): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of frame.rows({ strategy, switchAtMorsel })) rows.push(row)
  return rows
}

describe('an aggregation that has no room', () => {
  it.each(Object.keys(shapes))('has the result of one that has: %s', async (name) => {
    const frame = shapes[name](scene.engine.scanParquet(input))
    const expected = await rowsOf(frame, 'row')
    for (const boundary of [0, 3]) expect(await rowsOf(frame, 'bulk', boundary)).toEqual(expected)
    expect(readdirSync(scene.spillDirectory)).toEqual([])
  })

  it('leaves no file when its result is left early', async () => {
    const frame = scene.engine.scanParquet(input).groupBy('i').agg({ n: 'count(*)' })
    for await (const batch of frame.stream({ strategy: 'bulk', switchAtMorsel: 1 })) {
      expect(batch.numRows).toBeGreaterThan(0)
      break
    }
    expect(readdirSync(scene.spillDirectory)).toEqual([])
  })
})
