/** Means that SQL makes of sums and counts are those that volley makes of its own. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { DuckDbHost } from '../../../engine/duckdb/host.js'
import { releaseBatch, releaseVector } from '../../../engine/kernels/vectors.js'
import { partialSchema } from '../../../engine/operators/aggregate/partials.js'
import type { AggregateDescriptor } from '../../../engine/operators/aggregate.js'
import { numberQuotient, unitOf } from '../../../engine/operators/quotient.js'
import { mergePartialsSql } from '../../../planner/duckdb-sql/merge-aggregates.js'
import {
  type DataType,
  decimal,
  FLOAT64,
  field,
  HUGEINT,
  INT16,
  INT32,
  INT64,
  schemaOf,
} from '../../../planner/types.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { columnVector, createContext, valuesOf } from './tables.js'

const { memory, context } = createContext()
const directory = mkdtempSync(join(tmpdir(), 'volley-means-'))
let host: DuckDbHost

beforeAll(async () => {
  host = await DuckDbHost.open(memory, { memoryLimitBytes: 400e6, threads: 1, tempDirectory: directory })
})
afterAll(async () => {
  await host.close()
  rmSync(directory, { recursive: true, force: true })
})

interface SumAndCount {
  readonly sum: bigint
  readonly count: bigint
}

const bitsOf = (most: number) =>
  fc
    .integer({ min: 1, max: most })
    .chain((bits) => fc.bigInt({ min: 1n << BigInt(bits - 1), max: (1n << BigInt(bits)) - 1n }))

/** Sums of at most `sumBits`, some of which divide to the middle between two doubles or just beside it. */
function sumsAndCounts(sumBits: number, countBits: number, unit: bigint): fc.Arbitrary<SumAndCount> {
  const any = fc.record({ sum: bitsOf(sumBits), count: bitsOf(countBits) })
  const middleBits = Math.min(countBits, sumBits - 55 - unit.toString(2).length)
  const middle = fc
    .record({ count: bitsOf(Math.max(1, middleBits)), odd: bitsOf(53), beside: fc.constantFrom(-1n, 0n, 1n) })
    .map(({ count, odd, beside }) => ({ sum: ((1n << 53n) | odd | 1n) * count * unit + beside, count }))
  return fc
    .record({ pair: middleBits < 1 ? any : fc.oneof(any, middle), negative: fc.boolean() })
    .map(({ pair, negative }) => ({ ...pair, sum: negative ? -pair.sum : pair.sum }))
}

async function merged(type: DataType, pairs: readonly SumAndCount[]): Promise<Map<bigint, unknown>> {
  const mean = {
    name: 'mean',
    function: 'mean',
    argument: { kind: 'column', index: 0, name: 'v', type },
    parameter: null,
    distinct: false,
    filter: null,
    type: FLOAT64,
  } as const
  const descriptor: AggregateDescriptor = {
    keys: [{ name: 'k', type: INT64 }],
    aggregates: [mean],
    schema: schemaOf([field('k', INT64), field('mean', FLOAT64)]),
  }
  const schema = partialSchema(descriptor)
  const values = [pairs.map((_, row) => BigInt(row)), pairs.map(({ sum }) => sum), pairs.map(({ count }) => count)]
  const columns = schema.fields.map(({ name, type }, i) => columnVector(context, { name, type, values: values[i] }))
  await host.createTable('staged', schema)
  await host.append('staged', { schema, length: pairs.length, columns })
  for (const one of columns) releaseVector(memory, one)
  const means = new Map<bigint, unknown>()
  for await (const batch of host.query(mergePartialsSql(descriptor, 'staged'), descriptor.schema, { owner: 9 })) {
    const [keys, results] = batch.columns.map((one) => valuesOf(context, one))
    keys.forEach((key, row) => {
      means.set(key as bigint, results[row])
    })
    releaseBatch(memory, batch)
  }
  await host.dropTable('staged')
  return means
}

describe('the mean out of a sum and a count', () => {
  const cases: readonly [DataType, sumBits: number, countBits: number][] = [
    [INT16, 48, 32],
    [INT32, 63, 32],
    [INT64, 100, 45],
    [HUGEINT, 126, 50],
    [decimal(4, 2), 46, 32],
    [decimal(12, 2), 80, 40],
    [decimal(18, 9), 90, 27],
    [decimal(38, 4), 126, 40],
    [decimal(38, 15), 126, 7],
  ]
  it.each(cases)('of %j is rounded as volley rounds it', async (type, sumBits, countBits) => {
    const unit = unitOf(type)
    const pairs = fc.sample(sumsAndCounts(sumBits, countBits, unit), { seed: 4, numRuns: 2000 })
    const means = await merged(type, pairs)
    pairs.forEach(({ sum, count }, row) => {
      const expected = numberQuotient(type, sum, count * unit)
      if (means.get(BigInt(row)) !== expected) {
        throw new Error(`${sum} / ${count} is ${String(means.get(BigInt(row)))} instead of ${expected}`)
      }
    })
    expect(means.size).toBe(pairs.length)
  })
})
