import fc from 'fast-check'
import { splitRanges } from '../../../engine/operators/ranges.js'
import { open } from '../../../index.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { BOOL, DATE, INT64, UTF8 } from '../../../planner/types.js'
import { everyType } from '../../support/every-type.js'
import { describe, expect, it } from '../../support/jest.js'
import { Oracle } from '../../support/oracle.js'

const column = (index: number, type: TypedExpression['type']): TypedExpression => ({
  kind: 'column',
  index,
  name: `c${index}`,
  type,
})
const literal = (value: number | bigint | string, type: TypedExpression['type']): TypedExpression => ({
  kind: 'literal',
  value,
  type,
})
const call = (name: string, ...parameters: TypedExpression[]): TypedExpression => ({
  kind: 'call',
  function: name,
  arguments: parameters,
  type: BOOL,
})

describe('splitRanges', () => {
  it('gathers the bounds of a column and leaves other conditions', () => {
    const like = call('like', column(1, UTF8), literal('a%', UTF8))
    const condition = call(
      'and',
      call('gte', column(0, DATE), literal(10, DATE)),
      call('and', like, call('gt', literal(20, DATE), column(0, DATE))),
    )
    expect(splitRanges(condition)).toEqual({
      ranges: [{ column: 0, bits: 32, low: 10n, high: 19n }],
      rest: like,
    })
  })

  it('makes a range empty where bounds contradict each other or the type', () => {
    const max = 2n ** 63n - 1n
    expect(splitRanges(call('gt', column(0, INT64), literal(max, INT64))).ranges[0]).toMatchObject({
      low: max + 1n,
      high: max,
    })
  })
})

describe('filters of ranges', () => {
  it('select the rows that DuckDB selects, at the extremes too', async () => {
    const oracle = await Oracle.open()
    const engine = await open({ threads: 1 })
    try {
      const path = await oracle.parquet('ranges', everyType(3000))
      const frame = engine.scanParquet(path)
      const bound = fc.oneof(
        fc.tuple(fc.constantFrom('i64', 'id'), fc.constantFrom(-(2n ** 63n), -1n, 0n, 1n, 700n, 2n ** 63n - 1n)),
        fc.tuple(fc.constantFrom('i32'), fc.constantFrom(-(2n ** 31n), -5n, 0n, 3n, 2n ** 31n - 1n)),
        fc.tuple(fc.constantFrom('d15'), fc.constantFrom('-9999999999999.99', '0.01', '512.25')),
        fc.tuple(
          fc.constantFrom('day'),
          fc.constantFrom("date '1969-12-31'", "date '0001-01-01'", "date '2024-02-29'"),
        ),
        fc.tuple(fc.constantFrom('moment'), fc.constantFrom("timestamp '1969-12-31 23:59:59.999999'")),
      )
      const conjunct = fc
        .tuple(bound, fc.constantFrom('<', '<=', '=', '>=', '>'), fc.boolean())
        .map(([[name, value], operator, mirrored]) =>
          mirrored ? `${value} ${operator} ${name}` : `${name} ${operator} ${value}`,
        )
      const condition = fc
        .tuple(
          fc.array(conjunct, { minLength: 1, maxLength: 4 }),
          fc.constantFrom('', " and text like '%e%'", ' and flag'),
        )
        .map(([conjuncts, rest]) => conjuncts.join(' and ') + rest)
      for (const where of fc.sample(condition, { numRuns: 40, seed: 5 })) {
        const difference = await oracle.difference(
          frame.filter(where).select('id'),
          `select id from '${path}' where ${where}`,
        )
        expect({ where, difference }).toEqual({ where, difference: null })
      }
    } finally {
      await engine.close()
      oracle.close()
    }
  })
})
