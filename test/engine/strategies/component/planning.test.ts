/** The strategy of a run decides which method of a component runs; explain tells it, and auto heeds it. */

import { describe, expect, it } from '../../../support/jest.js'
import { failure, Scene } from '../../../support/scene.js'
import { numbers, Pass, Repeat, RepeatBatches, RepeatQuery, rowsOf } from './components.js'

const scene = Scene.forFile({ threads: 1 })
const lineOf = async (...[options, make]: [object, () => Repeat | RepeatBatches | RepeatQuery | Pass]) => {
  const text = await numbers(scene.engine, 10).apply(make()).explain(options)
  return text.split('\n').find((line) => line.startsWith('component'))
}

describe('explain', () => {
  it.each([
    ['row', () => new Repeat(), 'component repeat; ports rejects [processRow, runs in the main thread]'],
    ['bulk', () => new Repeat(), 'component repeat; ports rejects [processRow, derived, runs in the main thread]'],
    ['row', () => new Pass(), 'component pass [processBulk, derived, runs in the main thread]'],
    ['bigdata', () => new Pass(), 'component pass [processBulk, derived, runs in the main thread]'],
    ['bigdata', () => new RepeatQuery(), 'component repeat [processBigData, runs in DuckDB over its collected input]'],
    ['auto', () => new RepeatQuery(), 'component repeat [processBigData, runs in DuckDB over its collected input]'],
  ])('under %s', async (strategy, make, line) => {
    expect(await lineOf({ strategy }, make)).toBe(line)
  })

  it('says that DuckDB reads files by itself, as it does', async () => {
    const path = scene.path('numbers.parquet')
    await numbers(scene.engine, 1000).sinkParquet(path)
    const frame = scene.engine.scanParquet(path).filter('n >= 2').apply(new RepeatQuery())
    expect(await frame.explain()).toMatch(/component repeat \[processBigData, runs in DuckDB with its input\]/)
    expect(await rowsOf(frame.limit(3).rows())).toEqual([0, 1, 0].map((copy, i) => ({ id: i < 2 ? 3 : 4, copy })))
    expect(await frame.count()).toBe(1000)
    const report = await frame.sinkParquet(scene.path('copies.parquet'))
    expect(report).toMatchObject({ rowsIn: 1000, rowsOut: 1000 })
  })

  it('says what is not supported', async () => {
    expect(await lineOf({ strategy: 'bulk' }, () => new RepeatQuery())).toBe(
      "component repeat [not supported by strategy 'bulk': it has only processBigData, which needs all of the input as a table]",
    )
  })
})

describe('the strategies give the same', () => {
  it.each([
    ['processRow', () => new Repeat()],
    ['processBulk', () => new RepeatBatches()],
  ])('by %s', async (_, make) => {
    const frame = numbers(scene.engine, 1000).filter('id > 10').apply(make())
    const expected = await rowsOf(frame.rows({ strategy: 'bulk' }))
    expect(expected.length).toBe(1188)
    for (const strategy of ['row', 'bigdata']) expect(await rowsOf(frame.rows({ strategy }))).toEqual(expected)
  })

  it('by a query, too', async () => {
    const frame = numbers(scene.engine, 1000).filter('id > 10')
    const queried = frame.apply(new RepeatQuery())
    const expected = await rowsOf(frame.apply(new Repeat()).rows())
    for (const strategy of ['bigdata', 'auto']) expect(await rowsOf(queried.rows({ strategy }))).toEqual(expected)
    expect(await rowsOf(queried.limit(2).rows())).toEqual(expected.slice(0, 2))
    const error = await failure(() => queried.count({ strategy: 'row' }))
    expect(error.message).toMatch(
      /^strategy 'row' cannot run component 'repeat': it has only processBigData.*'bigdata'/,
    )
  })
})

describe('a query that is wrong', () => {
  it.each([
    ['SELECT nope AS id, 1 AS copy FROM', /processBigData of component 'repeat' failed: Referenced column "nope"/],
    ['SELECT id FROM', /failed: Referenced column "copy" not found/],
    ['SELECT FROM FROM', /failed: syntax error/],
    ["SELECT 'x' AS id, 1 AS copy FROM", /failed: Could not convert string 'x'/],
  ])('%s', async (select, message) => {
    class Wrong extends RepeatQuery {
      override processBigData({ sql }: { readonly sql: string }): string {
        return `${select} ${sql}`
      }
    }
    const error = await scene.fails('VOLLEY_USER_FUNCTION', () => numbers(scene.engine, 10).apply(new Wrong()).count())
    expect(error.message).toMatch(message)
  })
})
