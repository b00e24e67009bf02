/** The tables that counted plans read: the same values, in the same row groups and batches, everywhere and always. */

import { fileURLToPath } from 'node:url'
import { type Table, tableFromArrays } from 'apache-arrow'
import { seededRandom } from '../../data-fixtures/random.js'
import type { Engine, Frame } from '../../index.js'

export interface CountedTables {
  /** Parquet: 50,000 rows in 5 row groups, sorted by `order_id`, from 100,001 on. */
  readonly orders: Frame
  /** In memory: 200,000 rows of `id` (unique), `key` (of 10,000) and `value`. */
  readonly numbers: Frame
  /** In memory: 1,000 rows of `key` (unique, half of them keys of `numbers`) and `weight`. */
  readonly weights: Frame
}

const ORDERS = fileURLToPath(new URL('../../../data-fixtures/orders.parquet', import.meta.url))
const SEED = 1_877
const NUMBERS = 200_000
const KEYS = 10_000
const WEIGHTS = 1_000

export function countedTables(engine: Engine): CountedTables {
  return {
    orders: engine.scanParquet(ORDERS),
    numbers: engine.fromArrow(numbers()),
    weights: engine.fromArrow(weights()),
  }
}

function numbers(): Table {
  const random = seededRandom(SEED)
  return tableFromArrays({
    id: Int32Array.from({ length: NUMBERS }, (_, row) => row),
    key: Int32Array.from({ length: NUMBERS }, () => random.integer(0, KEYS - 1)),
    value: Float64Array.from({ length: NUMBERS }, () => random.next()),
  })
}

function weights(): Table {
  const first = KEYS - WEIGHTS / 2
  return tableFromArrays({
    key: Int32Array.from({ length: WEIGHTS }, (_, row) => first + row),
    weight: Float64Array.from({ length: WEIGHTS }, (_, row) => row / WEIGHTS),
  })
}
