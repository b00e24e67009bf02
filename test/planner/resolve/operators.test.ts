import {
  col,
  count,
  countDistinct,
  first,
  lit,
  max,
  median,
  min,
  quantile,
  rank,
  rowNumber,
  stddev,
  sum,
} from '../../../planner/builder.js'
import { describe, expect, it } from '../../support/jest.js'
import { columnsOf, resolve, shapeOf, table } from '../../support/planned.js'
import { failure, t } from './columns-of-each-type.js'

describe('projections', () => {
  it('name columns by alias, by the table, or by text', () => {
    expect(columnsOf(t.select('ID', col('id').add(1), col('id').alias('x y')))).toEqual([
      'id INTEGER!',
      'id + 1 INTEGER',
      'x y INTEGER!',
    ])
  })

  it('expand stars', () => {
    const two = table({ a: 'int8', b: 'int16' })
    expect(columnsOf(two.select('*', lit(1).alias('c')))).toEqual(['a TINYINT', 'b SMALLINT', 'c INTEGER!'])
  })

  it('replace in place and append', () => {
    const two = table({ a: 'int8', b: 'int16' })
    expect(columnsOf(two.withColumns({ a: 'b', c: 'a', d: 1.5 }))).toEqual([
      'a SMALLINT',
      'b SMALLINT',
      'c TINYINT',
      'd DOUBLE!',
    ])
    expect(columnsOf(two.rename({ A: 'x' }).drop('B'))).toEqual(['x TINYINT'])
  })

  it('compute window functions below, each once', () => {
    const total = sum('id').over({ partitionBy: 'name' })
    const frame = t.select('id', total.alias('total'), col('id').div(total).alias('share'))
    expect(shapeOf(frame)).toEqual(['project', 'window', 'scan'])
    expect(columnsOf(frame)).toEqual(['id INTEGER!', 'total DECIMAL(38,0)', 'share DOUBLE'])
    const plan = resolve(frame.plan)
    expect(plan).toMatchObject({ input: { windows: [{ function: 'sum', type: { precision: 38 } }] } })
  })

  it('filter by window functions without keeping them', () => {
    const frame = table({ a: 'int8', b: 'int16' }).filter(rowNumber().over({ orderBy: 'a' }).lte(3))
    expect(shapeOf(frame)).toEqual(['project', 'filter', 'window', 'scan'])
    expect(columnsOf(frame)).toEqual(['a TINYINT', 'b SMALLINT'])
  })
})

describe('aggregation', () => {
  it('is one operator where aggregates stand alone', () => {
    const frame = t
      .groupBy('name', col('day').year().alias('y'))
      .agg({ n: count(), d: countDistinct('id'), f: first('moment') })
    expect(shapeOf(frame)).toEqual(['aggregate', 'scan'])
    expect(columnsOf(frame)).toEqual(['name VARCHAR', 'y BIGINT', 'n BIGINT!', 'd BIGINT!', 'f TIMESTAMP'])
  })

  it('computes further above, with each aggregate once', () => {
    const frame = t.groupBy('name').agg({
      total: sum('id'),
      ratio: sum('id').div(count()),
      spread: max('price').sub(min('price')),
      label: col('name').concat('-', count()),
    })
    expect(shapeOf(frame)).toEqual(['project', 'aggregate', 'scan'])
    const plan = resolve(frame.plan)
    expect(plan).toMatchObject({ input: { aggregates: [{}, {}, {}, {}] } })
    expect(columnsOf(frame)).toEqual([
      'name VARCHAR',
      'total DECIMAL(38,0)',
      'ratio DOUBLE',
      'spread DECIMAL(16,2)',
      'label VARCHAR',
    ])
  })

  it('knows computed keys again', () => {
    const year = col('day').year()
    const frame = t.groupBy(year.alias('y')).agg({ next: year.add(1), same: col('y'), n: count() })
    expect(columnsOf(frame)).toEqual(['y BIGINT', 'next BIGINT', 'same BIGINT', 'n BIGINT!'])
  })

  it('ranks groups', () => {
    const frame = t.groupBy('name').agg({ n: count(), place: rank().over({ orderBy: [count().desc()] }) })
    expect(shapeOf(frame)).toEqual(['project', 'window', 'aggregate', 'scan'])
  })

  it('drops distinct where it is idle and turns counts into countDistinct', () => {
    const plan = resolve(
      t.groupBy().agg({ a: min('id').distinct(), b: count('id').distinct(), c: sum('id').distinct().filter('flag') })
        .plan,
    )
    expect(plan).toMatchObject({
      aggregates: [
        { function: 'min', distinct: false },
        { function: 'countDistinct', distinct: false },
        { function: 'sum', distinct: true, filter: { kind: 'column' } },
      ],
    })
  })

  it('carries the fraction of quantiles', () => {
    const plan = resolve(t.groupBy().agg({ q: quantile('score', 0.9), m: median('price'), s: stddev('small') }).plan)
    expect(plan).toMatchObject({
      aggregates: [{ parameter: 0.9 }, { parameter: null }, { argument: { kind: 'cast' } }],
    })
  })
})

describe('joins', () => {
  const left = table({ id: 'int32!', v: 'varchar', x: 'int8!' })
  const right = table({ id: 'int64!', v: 'varchar!', y: 'double' })

  it('leave out shared keys and add a suffix to the rest', () => {
    expect(columnsOf(left.join(right, { on: 'id' }))).toEqual([
      'id INTEGER!',
      'v VARCHAR',
      'x TINYINT!',
      'v_right VARCHAR!',
      'y DOUBLE',
    ])
    expect(columnsOf(left.join(right, { leftOn: 'id', rightOn: 'id', how: 'left', suffix: '2' }))).toEqual([
      'id INTEGER!',
      'v VARCHAR',
      'x TINYINT!',
      'id2 BIGINT',
      'v2 VARCHAR',
      'y DOUBLE',
    ])
  })

  it('pair keys in a common type', () => {
    expect(resolve(left.join(right, { on: 'id' }).plan)).toMatchObject({
      leftKeys: [{ kind: 'cast', type: { bits: 64 } }],
      rightKeys: [{ kind: 'column', type: { bits: 64 } }],
      rightColumns: [1, 2],
    })
  })

  it('widen shared keys that may come from the right', () => {
    const full = left.join(right, { on: 'id', how: 'full' })
    expect(columnsOf(full)[0]).toBe('id BIGINT')
    expect(resolve(full.plan)).toMatchObject({ left: { kind: 'project' }, leftKeys: [{ kind: 'column', index: 0 }] })
  })

  it('keep the left columns alone for semi and anti', () => {
    expect(columnsOf(left.join(right, { on: 'id', how: 'anti' }))).toEqual(['id INTEGER!', 'v VARCHAR', 'x TINYINT!'])
  })

  it('refuse keys that cannot be compared and names that clash', () => {
    expect(failure(left.join(right, { leftOn: 'x', rightOn: lit(new Date(0)) })).code).toBe('VOLLEY_TYPE_MISMATCH')
    expect(failure(left.join(right, { on: 'id', suffix: '' })).code).toBe('VOLLEY_DUPLICATE_COLUMN')
    expect(failure(left.join(right, { on: 'x' })).code).toBe('VOLLEY_UNKNOWN_COLUMN')
  })

  it('cross without keys', () => {
    expect(columnsOf(left.join(right, { how: 'cross' }))).toHaveLength(6)
  })
})

describe('unions', () => {
  it('match by place, in common types', () => {
    const frame = table({ a: 'int8!', b: 'varchar' }).union(
      table({ x: 'int64!', y: 'date' }),
      table({ a: 'int8', b: 'varchar' }),
    )
    expect(columnsOf(frame)).toEqual(['a BIGINT', 'b VARCHAR'])
    expect(resolve(frame.plan)).toMatchObject({
      inputs: [{ kind: 'project' }, { kind: 'project' }, { kind: 'project' }],
    })
  })

  it('refuse other counts and types', () => {
    expect(failure(t.union(table({ a: 'int8' }))).code).toBe('VOLLEY_SCHEMA_MISMATCH')
    expect(failure(table({ a: 'int8' }).union(table({ a: 'date' }))).message).toContain(
      'TINYINT, DATE for the column a',
    )
  })
})
