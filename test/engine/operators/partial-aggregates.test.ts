/** Partial states that are exported as rows, and raw rows beside them, merge to what states merge to: by SQL and in a state. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { DuckDbHost } from '../../../engine/duckdb/host.js'
import { releaseBatch, releaseVector, take } from '../../../engine/kernels/vectors.js'
import { exportPartials } from '../../../engine/operators/aggregate/partials.js'
import { AggregateState } from '../../../engine/operators/aggregate.js'
import type { ScalarValue } from '../../../planner/expression.js'
import {
  BOOL,
  type DataType,
  decimal,
  duration,
  FLOAT64,
  field,
  HUGEINT,
  INT32,
  INT64,
  NULL,
  time,
  timestamp,
  UTF8,
} from '../../../planner/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '../../support/jest.js'
import { mergePartition } from './merged-groups.js'
import {
  type AggregateSpec,
  countStar,
  descriptorOf,
  inTurn,
  ROWS,
  type Scenario,
  SLICE_ROWS,
  sameValue,
  specOf,
  specsOf,
  summable,
} from './partial-scenario.js'
import { Staging, takenRows } from './partial-staging.js'
import { randomColumn, SORTABLE_TYPES } from './random-columns.js'
import { type Column, columnVector, createContext, textOf } from './tables.js'

/** States that take the rows in turn. */
const STATES = 3

const { memory, context } = createContext()
const directory = mkdtempSync(join(tmpdir(), 'volley-partials-'))
let host: DuckDbHost

beforeAll(async () => {
  host = await DuckDbHost.open(memory, { memoryLimitBytes: 400e6, threads: 1, tempDirectory: directory })
})
afterAll(async () => {
  await host.close()
  rmSync(directory, { recursive: true, force: true })
})
afterEach(() => context.freeScratch())

interface Results {
  /** By SQL, and by a state that takes the exported rows. */
  readonly merged: readonly ScalarValue[][][]
  readonly expected: ScalarValue[][]
}

/** Feeds the rows to states, some of which are exported; returns what is made of those, and what the states come to. */
async function run(scenario: Scenario): Promise<Results> {
  const { columns, keys, specs, slices, exports, partitions } = scenario
  const before = memory.statistics().blocks
  const descriptor = descriptorOf(scenario)
  const staging = await Staging.create(host, context, descriptor, columns)
  const vectors = new Map(columns.map((one) => [one.name, columnVector(context, one)]))
  const rows = columns[0].values.length
  const ordinals = context.allocate(rows * 4 + 4)
  context.wasm.take_sequence(0, rows, ordinals)
  const [whole, taker] = [AggregateState.create(context, descriptor), AggregateState.create(context, descriptor)]
  let states = Array.from({ length: STATES }, () => AggregateState.create(context, descriptor))
  for (const [i, target] of slices.entries()) {
    const start = i * SLICE_ROWS
    const length = Math.min(SLICE_ROWS, rows - start)
    const slice = (name: string) => take(context, vectors.get(name)!, ordinals + start * 4, length)
    const optional = (name: string | null | undefined) => (name === null || name === undefined ? null : slice(name))
    for (const state of target === 'raw' ? [whole, taker] : [whole, states[target]]) {
      state.update(
        keys.map(slice),
        specs.map(({ argument }) => optional(argument)),
        specs.map(({ filter }) => optional(filter)),
        length,
        start,
      )
    }
    if (target === 'raw') await staging.addRaw(start, length)
    context.resetScratch()
    if (!exports.has(i)) continue
    for (const state of states) await staging.move(state, partitions)
    states = states.map(() => AggregateState.create(context, descriptor))
  }
  for (const state of states) await staging.move(state, partitions)
  const [expected, taken] = [whole, taker].map((state) => {
    if (state === taker) staging.giveTo(taker)
    const rows = mergePartition(context, descriptor, [state.address], 0, 1).flatMap((batch) =>
      takenRows(context, batch),
    )
    state.release()
    return rows
  })
  for (const one of vectors.values()) releaseVector(memory, one)
  context.release(ordinals)
  context.freeScratch()
  expect(memory.statistics().blocks).toBeLessThanOrEqual(before)
  return { merged: [await staging.merge(scenario), taken], expected }
}

async function check(scenario: Scenario): Promise<void> {
  const { merged, expected } = await run(scenario)
  for (const rows of merged) expectRows(scenario, rows, expected)
}

function expectRows(scenario: Scenario, merged: readonly ScalarValue[][], expected: readonly ScalarValue[][]): void {
  const keyOf = (row: readonly ScalarValue[]) => row.slice(0, scenario.keys.length).map(textOf).join('|')
  const byKey = new Map(expected.map((row) => [keyOf(row), row]))
  expect(merged.map(keyOf).sort()).toEqual([...byKey.keys()].sort())
  for (const row of merged) {
    const wanted = byKey.get(keyOf(row))!
    scenario.specs.forEach((spec, i) => {
      const [mine, theirs] = [row[scenario.keys.length + i], wanted[scenario.keys.length + i]]
      if (sameValue(scenario, spec, mine, theirs)) return
      throw new Error(`${JSON.stringify(spec)} of ${keyOf(row)} is ${textOf(mine)} instead of ${textOf(theirs)}`)
    })
  }
}

describe('partial results as rows', () => {
  const key = randomColumn('k', INT32, ROWS, 7, 12)
  const keep = randomColumn('keep', BOOL, ROWS, 8)

  SORTABLE_TYPES.forEach((type, seed) => {
    it(`of all aggregates of ${JSON.stringify(type)}`, async () => {
      const columns = [key, keep, summable(randomColumn('v', type, ROWS, seed + 1000))]
      const specs = [countStar, { ...countStar, filter: 'keep' }, ...specsOf('v', type)]
      await check({ columns, keys: ['k'], specs, ...inTurn() })
      await check({ columns, keys: [], specs, ...inTurn() })
    })
  })

  it('of random aggregations', async () => {
    const scenario = fc
      .record({
        seed: fc.integer({ min: 0, max: 1e6 }),
        types: fc.array(fc.constantFrom(...SORTABLE_TYPES), { minLength: 1, maxLength: 3 }),
        keyTypes: fc.array(fc.constantFrom(...SORTABLE_TYPES), { maxLength: 3 }),
        chosen: fc.array(fc.nat(), { maxLength: 5 }),
        rows: fc.integer({ min: 0, max: 150 }),
        partitions: fc.constantFrom(1, 2, 5),
      })
      .chain((shape) => {
        const slices = Math.ceil(shape.rows / SLICE_ROWS)
        return fc.record({
          shape: fc.constant(shape),
          slices: fc.array(fc.constantFrom<number | 'raw'>(0, 1, 2, 'raw'), { minLength: slices, maxLength: slices }),
          exports: fc.uniqueArray(fc.nat({ max: Math.max(0, slices - 1) })),
        })
      })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ shape, slices, exports }) => {
        const { seed, types, keyTypes, chosen, rows, partitions } = shape
        const keyColumns = keyTypes.map((type, i) => randomColumn(`key${i}`, type, rows, seed + i, 3))
        const values = types.map((type, i) => summable(randomColumn(`v${i}`, type, rows, seed + 10 + i)))
        const all = [countStar, ...values.flatMap(({ name, type }) => specsOf(name, type))]
        const specs = chosen.map((place) => all[place % all.length])
        await check({
          columns: [...keyColumns, randomColumn('keep', BOOL, rows, seed + 20), ...values],
          keys: keyColumns.map(({ name }) => name),
          specs,
          slices,
          exports: new Set(exports),
          partitions,
        })
      }),
      { seed: 20, numRuns: 40, includeErrorInReport: true },
    )
  })

  const noKeys = { keys: [], ...inTurn(), partitions: 1 }

  it('of sums beyond 38 digits', async () => {
    const most = 10n ** 38n - 1n
    const groups = [
      [most, 6n * 10n ** 37n],
      [-most, -7n * 10n ** 37n],
      [most, 5n * 10n ** 37n, -most],
      [1n, -2n],
    ]
    for (const type of [HUGEINT, decimal(38, 3)]) {
      const values = Array.from({ length: 64 }, (_, row) => groups[row % 4][row >> 2] ?? null)
      const columns = [
        { name: 'k', type: INT32, values: values.map((_, row) => row % 4) },
        { name: 'v', type, values },
      ]
      const specs = [specOf('sum', 'v', type), countStar]
      const exported = { slices: [0, 1, 2, 0], exports: new Set([0]), partitions: 3 }
      await check({ columns, keys: ['k'], specs, ...exported })
      // Of all groups together, the sum is within 38 digits again.
      await check({
        columns: columns.map((one) => ({ ...one, values: one.values.slice(0, 12) })),
        keys: [],
        specs,
        ...exported,
        slices: [0],
      })
    }
  })

  it('of variances of values that are close to each other and far from zero', async () => {
    const values = Array.from({ length: ROWS }, (_, row) => 1e9 + ((row * 7919) % 1000) / 1000)
    const columns = [{ name: 'v', type: FLOAT64, values }]
    const specs = [specOf('variance', 'v', FLOAT64), specOf('stddevPop', 'v', FLOAT64)]
    const { merged } = await run({ columns, specs, ...noKeys })
    const offsets = Array.from({ length: ROWS }, (_, row) => (row * 7919) % 1000)
    const mean = offsets.reduce((sum, one) => sum + one, 0) / ROWS
    const squares = offsets.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 1e6
    // The values themselves are rounded at the eighth digit behind the point.
    for (const [[variance, deviation]] of merged) {
      expect(variance).toBeCloseTo(squares / (ROWS - 1), 6)
      expect(deviation).toBeCloseTo(Math.sqrt(squares / ROWS), 6)
    }
  })

  it('of variances that are not finite, which fail', async () => {
    const columns = [
      { name: 'v', type: FLOAT64, values: Array.from({ length: 32 }, (_, row) => (row === 20 ? Infinity : row)) },
    ]
    const scenario = { columns, specs: [specOf('variance', 'v', FLOAT64)], ...noKeys, slices: [0, 1] }
    const descriptor = descriptorOf(scenario)
    const state = AggregateState.create(context, descriptor)
    state.update([], [columnVector(context, columns[0])], [null], 32, 0)
    const staging = await Staging.create(host, context, descriptor, columns)
    await staging.move(state, 1)
    await expect(staging.merge(scenario)).rejects.toMatchObject({ code: 'VOLLEY_OVERFLOW' })
    const taker = AggregateState.create(context, descriptor)
    staging.giveTo(taker)
    expect(() => taker.finish()).toThrow('not finite')
    taker.release()
  })

  it('of every quantile', async () => {
    const columns = [randomColumn('v', FLOAT64, 160, 3, 1000), randomColumn('d', decimal(9, 2), 160, 4, 1000)]
    const specs = [0, 0.01, 0.07, 0.5, 0.55, 0.9, 1, 1 / 3].flatMap((parameter) => [
      specOf('quantileCont', 'v', FLOAT64, { parameter }),
      specOf('quantileDisc', 'v', FLOAT64, { parameter }),
      specOf('quantileCont', 'd', decimal(9, 2), { parameter }),
      specOf('quantileDisc', 'd', decimal(9, 2), { parameter, distinct: true }),
    ])
    for (const rows of [1, 2, 50, 101, 160]) {
      const cut = columns.map((one) => ({ ...one, values: one.values.slice(0, rows) }))
      await check({ columns: cut, specs, ...noKeys, ...inTurn(rows) })
    }
  })

  it('of times, durations and timestamps of every unit', async () => {
    const types: DataType[] = (['s', 'ms', 'us', 'ns'] as const).flatMap((unit) => [
      time(unit),
      duration(unit),
      timestamp(unit, null),
      timestamp(unit, 'UTC'),
    ])
    const rows = 64
    for (const [i, type] of types.entries()) {
      const values = Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? null : BigInt((row * 7919) % 80_000)))
      const columns = [
        randomColumn('k', BOOL, rows, i),
        { name: 'v', type, values },
        randomColumn('keep', BOOL, rows, i + 1),
      ]
      await check({ columns, keys: ['k'], specs: specsOf('v', type), ...inTurn(rows) })
      await check({ columns, keys: ['v'], specs: [countStar], ...inTurn(rows) })
    }
  })

  it('of lists, by lists', async () => {
    const type: DataType = { kind: 'list', element: field('item', INT32) }
    const values = Array.from({ length: ROWS }, (_, i) =>
      i % 8 === 0 ? null : i % 3 === 0 ? [] : [i % 4, i % 5 === 0 ? null : 1],
    )
    const columns = [
      { name: 'k', type, values },
      { name: 'v', type, values: values.toReversed() },
    ]
    const specs = (['min', 'first', 'last', 'countDistinct'] as const).map(
      (name): AggregateSpec => ({ function: name, argument: 'v', type: name === 'countDistinct' ? INT64 : type }),
    )
    await check({ columns, keys: ['k'], specs, ...inTurn() })
  })

  it('of arguments and keys without a type', async () => {
    const nulls = Array.from({ length: ROWS }, () => null)
    const columns: Column[] = [
      { name: 'nothing', type: NULL, values: nulls },
      { name: 'k', type: UTF8, values: nulls.map((_, row) => `k${row % 3}`) },
    ]
    const specs: AggregateSpec[] = [
      { function: 'sum', argument: 'nothing', type: HUGEINT },
      { function: 'count', argument: 'nothing', type: INT64 },
      { function: 'first', argument: 'nothing', type: NULL },
    ]
    await check({ columns, keys: ['nothing', 'k'], specs, ...inTurn() })
    await check({ columns, keys: ['nothing'], specs, ...inTurn() })
    await check({ columns, keys: [], specs: specs.slice(0, 1), ...inTurn() })
  })

  it('of nothing', async () => {
    const columns = [{ name: 'v', type: INT64, values: [] }]
    const specs = [countStar, ...specsOf('v', INT64).filter(({ filter }) => filter === undefined)]
    await check({ columns, keys: [], specs, slices: [], exports: new Set(), partitions: 4 })
    await check({ columns, keys: ['v'], specs, slices: [], exports: new Set(), partitions: 4 })
  })

  it('of more groups than a batch has rows', () => {
    const values = Array.from({ length: 150_000 }, (_, i) => BigInt(i % 140_000))
    const columns = [{ name: 'k', type: INT64, values }]
    const descriptor = descriptorOf({ columns, specs: [specOf('countDistinct', 'k', INT64)], ...noKeys, keys: ['k'] })
    const state = AggregateState.create(context, descriptor)
    const keys = columnVector(context, columns[0])
    state.update([keys], [keys], [null], values.length, 0)
    const counts = [0, 1].flatMap((partition) => {
      const lengths: number[] = []
      for (const batch of exportPartials(context, descriptor, state.address, partition, 2)) {
        lengths.push(batch.length)
        releaseBatch(memory, batch)
      }
      context.resetScratch()
      return lengths
    })
    // A row for the group, and one for its value.
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(280_000)
    expect(Math.max(...counts)).toBeLessThanOrEqual(65_536)
    expect(counts.filter((count) => count === 16_384).length).toBeGreaterThan(2)
    state.release()
    releaseVector(memory, keys)
  })
})
