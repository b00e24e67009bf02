import { col, count, lit, rank, sum, when } from '../../../planner/builder.js'
import type { Frame } from '../../../planner/frame.js'
import type { LogicalPlan } from '../../../planner/logical-plan.js'
import { field, INT32, schemaOf } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { columnsOf, tableWith } from '../../support/planned.js'
import { failure, t } from './columns-of-each-type.js'

describe('errors', () => {
  it('name the nearest column and list all', () => {
    const error = failure(t.filter(col('pric').gt(1)))
    expect(error.code).toBe('VOLLEY_UNKNOWN_COLUMN')
    expect(error.message).toContain('there is no column named pric; did you mean price?')
    expect(error.message).toContain('id, small, big')
    expect(error.details.column).toBe('pric')
  })

  it('quote the expression and tell where it stands', () => {
    const argumentsOf = [col('name').node, lit(1).node]
    const plan: LogicalPlan = {
      kind: 'filter',
      input: t.plan,
      predicate: { kind: 'call', function: 'add', arguments: argumentsOf, position: 5 },
    }
    const error = failure({ ...t, plan } as Frame)
    expect(error.code).toBe('VOLLEY_TYPE_MISMATCH')
    expect(error.message).toMatch(/^cannot add VARCHAR and INTEGER in "name \+ 1" at position 5: /)
    expect(error.details).toMatchObject({ expression: 'name + 1', position: 5 })
  })

  it.each([
    ['filter of text that is no condition', t.filter(col('day')), 'VOLLEY_TYPE_MISMATCH'],
    ['number against date', t.filter(col('day').gt(1)), 'VOLLEY_TYPE_MISMATCH'],
    ['cast of a date to a time', t.select(col('day').cast('time')), 'VOLLEY_TYPE_MISMATCH'],
    ['cast of a date to a number', t.select(col('day').cast('int32')), 'VOLLEY_TYPE_MISMATCH'],
    ['aggregate in filter', t.filter(sum('id').gt(1)), 'VOLLEY_INVALID_ARGUMENT'],
    ['window in groupBy', t.groupBy(rank()).agg({ n: count() }), 'VOLLEY_INVALID_ARGUMENT'],
    ['column outside of an aggregate', t.groupBy('name').agg({ x: col('id') }), 'VOLLEY_INVALID_ARGUMENT'],
    ['nested aggregates', t.groupBy().agg({ x: sum('id').sum() }), 'VOLLEY_INVALID_ARGUMENT'],
    ['two columns of one name', t.select('id', col('big').alias('id')), 'VOLLEY_DUPLICATE_COLUMN'],
    ['rename to a name that is there', t.rename({ id: 'big' }), 'VOLLEY_DUPLICATE_COLUMN'],
    ['star in an expression', t.filter('*'), 'VOLLEY_INVALID_ARGUMENT'],
    ['nothing left', t.select('id').drop('id'), 'VOLLEY_INVALID_ARGUMENT'],
    ['sum of text', t.groupBy().agg({ x: sum('name') }), 'VOLLEY_TYPE_MISMATCH'],
    [
      'branches without a common type',
      t.select(when('flag').then(col('day')).otherwise(col('id'))),
      'VOLLEY_TYPE_MISMATCH',
    ],
    ['unit that does not exist', t.select(col('moment').dateTrunc('fortnight')), 'VOLLEY_TYPE_MISMATCH'],
  ])('%s', (_, frame, code) => {
    expect(failure(frame).code).toBe(code)
  })

  it('let nested columns be selected, renamed and tested for null only', () => {
    const nested = tableWith(schemaOf([field('id', INT32), field('l', { kind: 'list', element: field('e', INT32) })]))
    expect(columnsOf(nested.rename({ l: 'm' }).filter(col('m').isNull()))).toEqual(['id INTEGER', 'm INTEGER[]'])
    for (const frame of [
      nested.filter(col('l').eq(col('l'))),
      nested.sort('l'),
      nested.distinct(),
      nested.groupBy('l').agg({ n: count() }),
      nested.select(col('l').cast('utf8')),
      nested.select(col('l').coalesce(col('l'))),
    ]) {
      expect(failure(frame).code).toBe('VOLLEY_TYPE_MISMATCH')
    }
  })
})
