import fc from 'fast-check'
import { evaluateScalar } from '../../engine/kernels/evaluate.js'
import type { ScalarValue, TypedExpression } from '../../planner/expression.js'
import { type ColumnStatistics, mayMatch } from '../../planner/prune.js'
import { DATE, decimal, FLOAT64, field, INT32, INT64, schemaOf, UTF8 } from '../../planner/types.js'
import { afterAll, describe, expect, it } from '../support/jest.js'
import { Planner } from '../support/plan-judge.js'

const SCHEMA = schemaOf([
  field('i', INT32),
  field('l', INT64),
  field('f', FLOAT64),
  field('s', UTF8),
  field('d', DATE),
  field('p', decimal(9, 2)),
])
const planner = new Planner(
  new Map([['v', { source: { id: 0, format: 'memory', label: 'v' }, schema: SCHEMA, rows: 1 }]]),
)
afterAll(() => planner.close())

const predicates = new Map<string, TypedExpression>()
/** As a scan is given it: names, types and constants settled. */
async function predicateOf(condition: string): Promise<TypedExpression> {
  let predicate = predicates.get(condition)
  if (predicate === undefined) {
    const plan = await planner.optimize(`select * from v where ${condition}`, { disabled: ['simplifyConditions'] })
    if (plan.kind !== 'filter') throw new Error(`${plan.kind} for ${condition}`)
    predicate = plan.predicate
    predicates.set(condition, predicate)
  }
  return predicate
}

type Row = readonly ScalarValue[]

/** Statistics as Parquet writers keep them: NaN left out, strings cut short. */
function statisticsOf(rows: readonly Row[], index: number): ColumnStatistics {
  const values = rows.map((row) => row[index]).filter((value) => value !== null)
  const ordered = values
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0))
  const min = ordered.at(0) ?? null
  const max = ordered.at(-1) ?? null
  const cut = typeof min === 'string' && typeof max === 'string'
  return {
    min: cut ? ([...min][0] ?? '') : min,
    max: cut && max.length > 2 ? `${[...max][0]}\u{10ffff}` : max,
    exact: !cut,
    nullCount: rows.length - values.length,
  }
}

const columnStatistics = (min: ScalarValue, max: ScalarValue, nullCount: number | null = 0, exact = true) => ({
  min,
  max,
  exact,
  nullCount,
})

async function matches(condition: string, statistics: Record<string, ColumnStatistics>, rows = 10): Promise<boolean> {
  const predicate = await predicateOf(condition)
  return mayMatch(predicate, (index) => statistics[SCHEMA.fields[index].name] ?? null, rows)
}

describe('mayMatch', () => {
  it.each([
    ['i > 10', { i: columnStatistics(1, 10) }, false],
    ['i >= 10', { i: columnStatistics(1, 10) }, true],
    ['i = 11', { i: columnStatistics(1, 10) }, false],
    ['i <> 3', { i: columnStatistics(3, 3) }, false],
    ['i <> 3', { i: columnStatistics(3, 4) }, true],
    ['i + 1 > 100', { i: columnStatistics(1, 10) }, true],
    ['i in (20, 30)', { i: columnStatistics(1, 10) }, false],
    ['i not in (3, 4)', { i: columnStatistics(3, 3) }, false],
    ['i between 20 and 30 or l = 1', { i: columnStatistics(1, 10), l: columnStatistics(2n, 3n) }, false],
    ['i is null', { i: columnStatistics(1, 10) }, false],
    ['i is null', { i: columnStatistics(1, 10, null) }, true],
    ['i is not null', { i: columnStatistics(null, null, 10) }, false],
    ['i > 1', { i: columnStatistics(null, null, 10) }, false],
    ['not (i > 1)', { i: columnStatistics(null, null, 10) }, false],
    ['i is not distinct from 3', { i: columnStatistics(4, 9, 2) }, false],
    ['i is distinct from 3', { i: columnStatistics(3, 3, 2) }, true],
    ['f > 100', { f: columnStatistics(1, 10) }, true],
    ['f < 1', { f: columnStatistics(1, 10) }, false],
    ['f = 100', { f: columnStatistics(1, 10) }, false],
    ['f < 1', { f: columnStatistics(Number.NaN, Number.NaN) }, true],
    ["s = 'b'", { s: columnStatistics('c', 'd', 0, false) }, false],
    ["s <> 'c'", { s: columnStatistics('c', 'c', 0, false) }, true],
    ["s like 'b%'", { s: columnStatistics('c', 'd') }, false],
    ["s like 'c_x%'", { s: columnStatistics('a', 'cz') }, true],
    ["s like '%b'", { s: columnStatistics('c', 'd') }, true],
    ["starts_with(s, 'ca')", { s: columnStatistics('cb', 'd') }, false],
    ["s < '\uffff'", { s: columnStatistics('\u{1f600}', '\u{1f601}') }, false],
    ["d >= date '2024-01-01'", { d: columnStatistics(0, 19_722) }, false],
    ["d::timestamp > timestamp '2024-01-01 12:00:00'", { d: columnStatistics(0, 19_723) }, false],
    ['year(d) = 2024', { d: columnStatistics(0, 19_722) }, false],
    ['year(d) = 2024', { d: columnStatistics(0, 19_723) }, true],
    ['p > 1.005', { p: columnStatistics(0n, 100n) }, false],
    ['p > 1.005', { p: columnStatistics(0n, 101n) }, true],
    ['l > 9223372036854775806', { l: columnStatistics(0n, 9223372036854775806n) }, false],
  ])('%s', async (condition, statistics, expected) => {
    expect(await matches(condition, statistics as unknown as Record<string, ColumnStatistics>)).toBe(expected)
  })

  it('knows that no row matches in an empty group', async () => {
    expect(await matches('i > 0', {}, 0)).toBe(false)
    expect(await matches('i > 0', {}, 1)).toBe(true)
  })

  it('never rules out a group that has a matching row', async () => {
    const small = fc.integer({ min: -3, max: 3 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{1f600}'), maxLength: 3 })
    const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 4, nil: null })
    const row = fc.tuple(
      nullable(small),
      nullable(small.map(BigInt)),
      nullable(fc.constantFrom(-1.5, 0, -0, 2, Number.NaN, Number.POSITIVE_INFINITY)),
      nullable(text),
      nullable(fc.integer({ min: 19_700, max: 19_760 })),
      nullable(fc.integer({ min: -300, max: 300 }).map(BigInt)),
    )
    const operator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=', 'is distinct from', 'is not distinct from')
    const compare = (column: string, constants: readonly string[]) =>
      fc.tuple(operator, fc.constantFrom(...constants)).map(([one, constant]) => `${column} ${one} ${constant}`)
    const leaf = fc.oneof(
      compare('i', ['-1', '0', '2', 'null', '1.5']),
      compare('l', ['-1', '0', '2', '1.5']),
      compare('f', ['0', '2', "'nan'::double", '1.5']),
      compare('s', ["'a'", "'b'", "'\u{1f600}'", "''"]),
      compare('d', ["date '2024-01-01'", "timestamp '2024-01-05 12:00:00'"]),
      compare('year(d)', ['2023', '2024']),
      compare('p', ['0', '1.00', '0.005', '-1.5']),
      compare('p::double', ['0', '1.5']),
      fc.constantFrom(
        'i in (1, null)',
        'i not in (0, 1)',
        "s like 'a%'",
        "starts_with(s, 'b')",
        'l is null',
        'f is not null',
      ),
    )
    const condition = fc
      .tuple(leaf, fc.constantFrom(' and ', ' or ', ' and not ', ' or not '), leaf)
      .map(([a, joint, b]) => `(${a})${joint}(${b})`)
    await fc.assert(
      fc.asyncProperty(fc.oneof(leaf, condition), fc.array(row, { minLength: 1, maxLength: 4 }), async (sql, rows) => {
        const predicate = await predicateOf(sql)
        if (mayMatch(predicate, (index) => statisticsOf(rows, index), rows.length)) return
        for (const one of rows) expect(evaluateScalar(predicate, (index) => one[index])).not.toBe(true)
      }),
      { seed: 7, numRuns: 600 },
    )
  })
})
