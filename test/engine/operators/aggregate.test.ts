import { releaseBatch, releaseVector, take } from '../../../engine/kernels/vectors.js'
import { type AggregateDescriptor, AggregateState } from '../../../engine/operators/aggregate.js'
import { vector } from '../../../io/batch.js'
import type { ScalarValue, TypedAggregate } from '../../../planner/expression.js'
import {
  BOOL,
  DATE,
  type DataType,
  decimal,
  FLOAT32,
  FLOAT64,
  field,
  HUGEINT,
  INT8,
  INT32,
  INT64,
  schemaOf,
  TIMESTAMP,
  UINT64,
  UTF8,
} from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { mergePartition } from './merged-groups.js'
import { randomColumn, SORTABLE_TYPES } from './random-columns.js'
import { type Column, columnVector, type Form, operatorScene, textOf, valuesOf } from './tables.js'

const { memory, context, judge } = operatorScene()

interface AggregateSpec {
  readonly function: string
  readonly sql: string
  readonly argument: string | null
  readonly type: DataType
  readonly parameter?: number
  readonly distinct?: boolean
  readonly filter?: string
}

interface Layout {
  readonly states: number
  readonly partitions: number
  readonly sliceRows: number
}

const LAYOUTS: readonly Layout[] = [
  { states: 1, partitions: 1, sliceRows: 1000 },
  { states: 2, partitions: 3, sliceRows: 64 },
  { states: 3, partitions: 4, sliceRows: 37 },
]

/** Sums of doubles depend on the order of addition. */
function sameValue(type: DataType, actual: ScalarValue, expected: ScalarValue): boolean {
  if (type.kind === 'float' && typeof actual === 'number' && typeof expected === 'number') {
    if (Number.isNaN(actual) || !Number.isFinite(expected)) return textOf(actual) === textOf(expected)
    return Math.abs(actual - expected) <= 1e-9 * Math.max(1e-300, Math.abs(expected))
  }
  return textOf(actual) === textOf(expected)
}

function aggregate(
  columns: readonly Column[],
  forms: Readonly<Record<string, Form>>,
  keys: readonly string[],
  specs: readonly AggregateSpec[],
  layout: Layout,
): ScalarValue[][] {
  const before = memory.statistics().blocks
  const column = (name: string) => columns.findIndex((one) => one.name === name)
  const typeOf = (name: string) => columns[column(name)].type
  const expression = (name: string | null | undefined) =>
    name === null || name === undefined
      ? null
      : ({ kind: 'column', index: column(name), name, type: typeOf(name) } as const)
  const aggregates = specs.map(
    (spec, i): TypedAggregate => ({
      name: `a${i}`,
      function: spec.function,
      argument: expression(spec.argument),
      parameter: spec.parameter ?? null,
      distinct: spec.distinct ?? false,
      filter: expression(spec.filter),
      type: spec.type,
    }),
  )
  const descriptor: AggregateDescriptor = {
    keys: keys.map((name) => ({ name, type: typeOf(name) })),
    aggregates,
    schema: schemaOf([
      ...keys.map((name) => field(name, typeOf(name))),
      ...aggregates.map((a) => field(a.name, a.type)),
    ]),
  }
  const vectors = columns.map((one) => columnVector(context, one, forms[one.name]))
  const rows = columns[0].values.length
  const states = Array.from({ length: layout.states }, () => AggregateState.create(context, descriptor).address)
  const ordinals = context.allocate(rows * 4 + 4)
  context.wasm.take_sequence(0, rows, ordinals)
  // Slices go to the states in turn, the last ones first, so that positions do not ascend.
  const slices = Array.from({ length: Math.ceil(rows / layout.sliceRows) }, (_, i) => i)
  for (const i of layout.states === 3 ? slices.reverse() : slices) {
    const start = i * layout.sliceRows
    const length = Math.min(layout.sliceRows, rows - start)
    const slice = (name: string | null | undefined) =>
      name === null || name === undefined ? null : take(context, vectors[column(name)], ordinals + start * 4, length)
    const state = AggregateState.attach(context, descriptor, states[i % layout.states])
    state.update(
      keys.map((name) => slice(name)!),
      specs.map((spec) => slice(spec.argument)),
      specs.map((spec) => slice(spec.filter)),
      length,
      start,
    )
    expect(state.bytes).toBeGreaterThan(0)
    context.resetScratch()
  }
  const result: ScalarValue[][] = []
  for (let partition = 0; partition < layout.partitions; partition++) {
    for (const batch of mergePartition(context, descriptor, states, partition, layout.partitions)) {
      const read = batch.columns.map((one) => valuesOf(context, one))
      for (let row = 0; row < batch.length; row++) result.push(read.map((values) => values[row]))
      releaseBatch(memory, batch)
    }
    context.resetScratch()
  }
  for (const address of states) AggregateState.attach(context, descriptor, address).release()
  for (const one of vectors) releaseVector(memory, one)
  context.release(ordinals)
  context.freeScratch()
  expect(memory.statistics().blocks).toBeLessThanOrEqual(before)
  return result
}

async function check(
  columns: readonly Column[],
  keys: readonly string[],
  specs: readonly AggregateSpec[],
  forms: Readonly<Record<string, Form>> = {},
): Promise<void> {
  await judge.table('t', columns)
  const terms = specs.map(({ sql, filter }) => (filter === undefined ? sql : `${sql} filter (where ${filter})`))
  const grouping = keys.length === 0 ? '' : ` group by ${keys.join(', ')}`
  const expected = await judge.rows(`select ${[...keys, ...terms].join(', ')} from t${grouping}`)
  const keyOf = (row: readonly ScalarValue[]) => row.slice(0, keys.length).map(textOf).join('|')
  const byKey = new Map(expected.map((row) => [keyOf(row), row]))
  for (const layout of LAYOUTS) {
    context.freeScratch()
    const actual = aggregate(columns, forms, keys, specs, layout)
    expect(actual.map(keyOf).sort()).toEqual([...byKey.keys()].sort())
    for (const row of actual) {
      const wanted = byKey.get(keyOf(row))!
      specs.forEach((spec, i) => {
        const [mine, theirs] = [row[keys.length + i], wanted[keys.length + i]]
        if (!sameValue(spec.type, mine, theirs)) {
          throw new Error(
            `${spec.sql} of ${keyOf(row)} is ${textOf(mine)}, DuckDB's ${textOf(theirs)} (${JSON.stringify(layout)})`,
          )
        }
      })
    }
  }
}

const ROWS = 600

const countStar: AggregateSpec = { function: 'countStar', sql: 'count(*)', argument: null, type: INT64 }

function on(
  name: string,
  sql: string,
  argument: string,
  type: DataType,
  more: Partial<AggregateSpec> = {},
): AggregateSpec {
  return { function: name, sql: sql.replace('$', argument), argument, type, ...more }
}

describe('keys', () => {
  SORTABLE_TYPES.forEach((type, seed) => {
    it(`groups by ${JSON.stringify(type)}, alone and with others`, async () => {
      const columns = [
        randomColumn('k', type, ROWS, seed, 200),
        randomColumn('other', UTF8, ROWS, seed + 50, 5),
        randomColumn('flag', BOOL, ROWS, seed + 90),
        randomColumn('v', INT32, ROWS, seed + 130),
      ]
      const specs = [countStar, on('sum', 'sum($)', 'v', HUGEINT)]
      await check(columns, ['k'], specs, { k: type.kind === 'decimal' ? 'wide' : 'plain' })
      await check(columns, ['k', 'other'], specs, { other: 'dictionary' })
      await check(columns, ['flag', 'k', 'other'], specs)
    })
  })

  it('groups by dictionaries of few values', async () => {
    const columns = [
      randomColumn('a', UTF8, ROWS, 1, 3),
      randomColumn('b', UTF8, ROWS, 2, 2),
      randomColumn('v', INT64, ROWS, 3),
    ]
    const specs = [countStar, on('sum', 'sum($)', 'v', HUGEINT), on('first', 'first($)', 'v', INT64)]
    await check(columns, ['a', 'b'], specs, { a: 'dictionary', b: 'dictionary' })
    await check(columns, ['a'], specs, { a: 'dictionary' })
  })

  it('groups by lists', async () => {
    const type: DataType = { kind: 'list', element: field('item', INT32) }
    const values = Array.from({ length: 90 }, (_, i) =>
      i % 8 === 0 ? null : i % 3 === 0 ? [] : [i % 4, i % 5 === 0 ? null : 1],
    )
    const v = { name: 'v', type: INT32, values: values.map((_, i) => i) }
    await check([{ name: 'k', type, values }, v], ['k'], [countStar, on('max', 'max($)', 'v', INT32)])
    await check(
      [v, { name: 'k', type, values }],
      [],
      [on('min', 'min($)', 'k', type), on('first', 'first($)', 'k', type)],
    )
  })

  it('grows to many groups', async () => {
    const values = Array.from({ length: 30_000 }, (_, i) => BigInt((i * 7919) % 20_011))
    const column = { name: 'k', type: INT64, values }
    const text = { name: 's', type: UTF8, values: values.map((value) => `key ${value}`) }
    const state = AggregateState.create(context, {
      keys: [
        { name: 'k', type: INT64 },
        { name: 's', type: UTF8 },
      ],
      aggregates: [],
      schema: schemaOf([field('k', INT64), field('s', UTF8)]),
    })
    state.update([columnVector(context, column), columnVector(context, text)], [], [], values.length, 0)
    expect(state.groupCount).toBe(20_011)
    const [batch] = state.finish()
    expect(valuesOf(context, batch.columns[0]).slice(0, 4)).toEqual([0n, 7919n, 15838n, 3746n])
    expect(valuesOf(context, batch.columns[1])[20_010]).toBe(`key ${values[20_010]}`)
    state.release()
  })
})

describe('aggregates', () => {
  const keyColumn = randomColumn('k', INT32, ROWS, 7, 12)
  const filterColumn = randomColumn('keep', BOOL, ROWS, 8)

  SORTABLE_TYPES.forEach((type, seed) => {
    it(`of ${JSON.stringify(type)}: counts, extremes, positions and quantiles`, async () => {
      const v = randomColumn('v', type, ROWS, seed + 1000)
      const specs = [
        on('count', 'count($)', 'v', INT64),
        on('count', 'count(distinct $)', 'v', INT64, { distinct: true }),
        on('min', 'min($)', 'v', type),
        on('max', 'max($)', 'v', type),
        on('first', 'first($)', 'v', type),
        on('last', 'last($)', 'v', type),
        on('anyValue', 'any_value($)', 'v', type),
        on('quantileDisc', 'quantile_disc($, 0.3)', 'v', type, { parameter: 0.3 }),
        on('max', 'max($)', 'v', type, { filter: 'keep' }),
        on('first', 'first($)', 'v', type, { filter: 'keep' }),
        on('count', 'count($)', 'v', INT64, { filter: 'keep' }),
        { ...countStar, filter: 'keep' },
      ]
      const usable =
        type.kind === 'binary' || type.kind === 'bool' ? specs.filter((s) => s.function !== 'quantileDisc') : specs
      const columns = [keyColumn, filterColumn, v]
      await check(columns, ['k'], usable, {
        v: type.kind === 'utf8' ? 'dictionary' : type.kind === 'decimal' ? 'wide' : 'plain',
      })
      await check(columns, [], usable)
    })
  })

  for (const [type, sum] of [
    [INT8, HUGEINT],
    [INT64, HUGEINT],
    [UINT64, HUGEINT],
    [decimal(9, 2), decimal(38, 2)],
    [decimal(18, 3), decimal(38, 3)],
  ] as const) {
    it(`sums and averages ${JSON.stringify(type)} exactly`, async () => {
      const v = randomColumn('v', type, ROWS, 2000)
      const specs = [
        on('sum', 'sum($)', 'v', sum),
        on('mean', 'avg($)', 'v', FLOAT64),
        on('sum', 'sum(distinct $)', 'v', sum, { distinct: true }),
        on('mean', 'avg(distinct $)', 'v', FLOAT64, { distinct: true }),
        on('sum', 'sum($)', 'v', sum, { filter: 'keep' }),
        countStar,
      ]
      await check([keyColumn, filterColumn, v], ['k'], specs)
      await check([keyColumn, filterColumn, v], [], specs)
      await check([keyColumn, filterColumn, v], ['k'], specs, { v: 'wide' })
    })
  }

  it('computes moments, means and quantiles of numbers', async () => {
    const values = randomColumn('i', INT32, ROWS, 5, 90).values.map((v) => (typeof v === 'number' ? v % 1000 : null))
    const columns = [
      keyColumn,
      filterColumn,
      { name: 'f', type: FLOAT64, values: values.map((v) => (v === null ? null : v / 8)) },
      { name: 'g', type: FLOAT32, values: values.map((v) => (v === null ? null : v / 4)) },
      { name: 'd', type: decimal(12, 2), values: values.map((v) => (v === null ? null : BigInt(v))) },
      { name: 'w', type: decimal(38, 3), values: values.map((v) => (v === null ? null : BigInt(v) * 7n)) },
      { name: 'i', type: INT64, values: values.map((v) => (v === null ? null : BigInt(v))) },
      { name: 'm', type: TIMESTAMP, values: values.map((v) => (v === null ? null : BigInt(v) * 1_234_567n)) },
      { name: 'day', type: DATE, values },
    ]
    const specs = [
      ...['f', 'g'].flatMap((v) => [
        on('sum', 'sum($)', v, FLOAT64),
        on('mean', 'avg($)', v, FLOAT64),
        on('mean', 'avg(distinct $)', v, FLOAT64, { distinct: true }),
        on('stddev', 'stddev($)', v, FLOAT64),
        on('stddevPop', 'stddev_pop($)', v, FLOAT64),
        on('variance', 'variance($)', v, FLOAT64, { filter: 'keep' }),
        on('variancePop', 'var_pop($)', v, FLOAT64),
      ]),
      on('median', 'median($)', 'f', FLOAT64),
      on('quantileCont', 'quantile_cont($, 0.07)', 'f', FLOAT64, { parameter: 0.07 }),
      on('quantileCont', 'quantile_cont($, 0.9)', 'g', FLOAT32, { parameter: 0.9 }),
      on('median', 'median($)', 'd', decimal(12, 2)),
      on('quantileCont', 'quantile_cont($, 0.33)', 'w', decimal(38, 3), { parameter: 0.33 }),
      on('quantileCont', 'quantile_cont($, 0.33)', 'd', decimal(12, 2), { parameter: 0.33 }),
      on('quantileDisc', 'quantile_disc($, 0.07)', 'd', decimal(12, 2), { parameter: 0.07 }),
      on('median', 'median($)', 'i', FLOAT64),
      on('median', 'median(distinct $)', 'i', FLOAT64, { distinct: true }),
      on('quantileCont', 'quantile_cont($, 0.4)', 'm', TIMESTAMP, { parameter: 0.4 }),
      on('median', 'median($)', 'day', TIMESTAMP),
      on('stddev', 'stddev($)', 'i', FLOAT64),
    ]
    await check(columns, ['k'], specs)
    await check(columns, [], specs)
  })

  it('computes boolAnd and boolOr', async () => {
    const specs = [on('boolAnd', 'bool_and($)', 'b', BOOL), on('boolOr', 'bool_or($)', 'b', BOOL)]
    const b = randomColumn('b', BOOL, ROWS, 3)
    await check([randomColumn('k', INT32, ROWS, 4, 300), b], ['k'], specs)
    await check([keyColumn, b], [], specs)
  })

  it('has one group without keys, even of nothing', async () => {
    const empty: Column[] = [
      { name: 'v', type: INT32, values: [] },
      { name: 's', type: UTF8, values: [] },
    ]
    const specs = [
      countStar,
      on('sum', 'sum($)', 'v', HUGEINT),
      on('min', 'min($)', 's', UTF8),
      on('median', 'median($)', 'v', FLOAT64),
      on('first', 'first($)', 's', UTF8),
      on('count', 'count(distinct $)', 's', INT64, { distinct: true }),
    ]
    await check(empty, [], specs)
    await check(empty, ['v'], specs.slice(0, 1))
    const nulls: Column[] = [
      { name: 'v', type: INT32, values: [null, null] },
      { name: 's', type: UTF8, values: [null, null] },
    ]
    await check(nulls, [], specs)
    await check(nulls, ['v', 's'], specs)
  })

  it('takes constants and arguments without a type', () => {
    const descriptor: AggregateDescriptor = {
      keys: [{ name: 'k', type: UTF8 }],
      aggregates: ['count', 'sum', 'max', 'first'].map((name) => ({
        name,
        function: name,
        argument: { kind: 'literal', value: null, type: { kind: 'null' } },
        parameter: null,
        distinct: false,
        filter: null,
        type: name === 'count' ? INT64 : INT32,
      })),
      schema: schemaOf([]),
    }
    const state = AggregateState.create(context, descriptor)
    const key = { ...columnVector(context, { name: 'k', type: UTF8, values: ['x'] }), length: 9, constant: true }
    const nothing = vector({ kind: 'null' }, 9)
    state.update([key], [nothing, nothing, nothing, nothing], [null, null, null, null], 9, 0)
    const [batch] = mergePartition(context, descriptor, [state.address], 0, 1)
    expect(batch.columns.map((column) => valuesOf(context, column))).toEqual([['x'], [0n], [null], [null], [null]])
    state.release()
  })

  it('reports sums that leave 128 bits', () => {
    const most = 2n ** 127n - 1n
    const argument = { kind: 'column', index: 0, name: 'v', type: HUGEINT } as const
    const sum = { name: 's', function: 'sum', argument, parameter: null, distinct: false, filter: null, type: HUGEINT }
    const state = AggregateState.create(context, { keys: [], aggregates: [sum], schema: schemaOf([]) })
    const v = columnVector(context, { name: 'v', type: HUGEINT, values: [most, 1n] })
    expect(() => state.update([], [v], [null], 2, 0)).toThrow(expect.objectContaining({ code: 'VOLLEY_OVERFLOW' }))
  })
})
