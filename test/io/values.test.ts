import { SharedMemory } from '../../engine/memory/shared-memory.js'
import { viewsOf } from '../../io/batch.js'
import { isValid, readValue } from '../../io/values.js'
import { vectorFromValues } from '../../io/vector-from-values.js'
import type { ScalarValue } from '../../planner/expression.js'
import * as types from '../../planner/types.js'
import { describe, expect, it } from '../support/jest.js'

const memory = viewsOf(new SharedArrayBuffer(1 << 20))
let next = 64
const sizes: number[] = []
const allocate = (bytes: number): number => {
  sizes.push(bytes)
  next += bytes
  return next - bytes
}

const struct: types.DataType = {
  kind: 'struct',
  fields: [types.field('a', types.INT32), types.field('__proto__', types.UTF8)],
}
const list: types.DataType = { kind: 'list', element: types.field('item', struct) }
const map: types.DataType = {
  kind: 'map',
  key: types.field('key', types.UTF8, false),
  value: types.field('value', { kind: 'list', element: types.field('item', types.INT64) }),
}

function record(a: number | null, text: string | null): ScalarValue {
  return Object.defineProperties(
    {},
    {
      a: { value: a, enumerable: true },
      ['__proto__']: { value: text, enumerable: true },
    },
  )
}

const cases: readonly (readonly [types.DataType, readonly ScalarValue[]])[] = [
  [types.NULL, [null, null]],
  [types.BOOL, [true, null, false, true, true, false, null, true, true]],
  [types.INT8, [-128, 127, null]],
  [types.UINT8, [0, 255]],
  [types.INT16, [-32768, 32767, null]],
  [types.UINT16, [65535, null]],
  [types.INT32, [-(2 ** 31), 2 ** 31 - 1, null]],
  [types.UINT32, [2 ** 32 - 1]],
  [types.INT64, [-(2n ** 63n), 2n ** 63n - 1n, null]],
  [types.UINT64, [2n ** 64n - 1n, 0n]],
  [types.FLOAT32, [1.5, null, Number.NaN, -0]],
  [types.FLOAT64, [Math.PI, Number.NEGATIVE_INFINITY, null]],
  [types.decimal(18, 2), [-1n, 10n ** 18n - 1n, null]],
  [types.HUGEINT, [-(10n ** 38n) + 1n, 10n ** 38n - 1n, -1n, null]],
  [types.UTF8, ['', 'a', null, 'äöü€😀', 'a long enough text for the decoder', '\ufeffbom']],
  [types.BINARY, [new Uint8Array([0, 255]), null, new Uint8Array()]],
  [types.DATE, [-1, 20000, null]],
  [types.time('ms'), [86_399_999n, null]],
  [types.time('us'), [86_399_999_999n]],
  [types.timestamp('ns', 'UTC'), [-1n, null, 2n ** 62n]],
  [types.duration('s'), [5n, null]],
  [types.INTERVAL, [{ months: -1, days: 2, micros: -3n }]],
  [list, [[record(1, 'x'), null, record(null, null)], null, []]],
  [struct, [record(7, 'seven'), null, record(null, null)]],
  [
    map,
    [
      new Map([
        ['k', [1n, null]],
        ['l', null],
      ]),
      null,
      new Map(),
    ],
  ],
]

describe('values', () => {
  for (const [type, values] of cases) {
    it(`returns ${types.typeName(type)} as it was stored`, () => {
      sizes.length = 0
      const stored = vectorFromValues(type, values, memory, allocate)
      expect(values.map((_, row) => readValue(memory, stored, row))).toEqual(values)
      expect(values.map((_, row) => isValid(memory, stored, row))).toEqual(values.map((value) => value !== null))
      expect(sizes).toHaveLength(type.kind === 'null' ? 0 : 1)
      expect(stored.blocks).toHaveLength(sizes.length)
      expect(sizes.every((bytes) => bytes % 64 === 0)).toBe(true)
      expect(stored.validity === 0).toBe(type.kind === 'null' || !values.includes(null))
      expect(stored.children.flatMap((child) => child.blocks)).toEqual([])
    })
  }

  it('reads constants, dictionaries and decimals narrower than their type', () => {
    const dictionary = vectorFromValues(types.UTF8, ['x', 'y'], memory, allocate)
    const codes = vectorFromValues(types.INT32, [1, null, 0], memory, allocate)
    const encoded = { ...codes, type: types.UTF8, dictionary }
    expect([0, 1, 2].map((row) => readValue(memory, encoded, row))).toEqual(['y', null, 'x'])
    const constant = { ...vectorFromValues(types.UTF8, ['c'], memory, allocate), length: 1000, constant: true }
    expect(readValue(memory, constant, 999)).toBe('c')
    const nulls = { ...vectorFromValues(types.INT32, [null], memory, allocate), length: 1000, constant: true }
    expect(readValue(memory, nulls, 999)).toBeNull()
    const narrow = { ...vectorFromValues(types.INT64, [-5n], memory, allocate), type: types.decimal(38, 2) }
    expect(readValue(memory, narrow, 0)).toBe(-5n)
  })

  it('reaches texts anywhere in 4 GiB', () => {
    const large = SharedMemory.create()
    const address = 2 ** 32 - 4096
    const stored = vectorFromValues(types.UTF8, ['far', 'ä'.repeat(50)], large.views, () => address)
    expect(stored.offsets).toBe(address)
    expect([0, 1].map((row) => readValue(large.views, stored, row))).toEqual(['far', 'ä'.repeat(50)])
  })

  it('keeps offsets for a vector without rows', () => {
    const empty = vectorFromValues(types.UTF8, [], memory, allocate)
    expect(empty.length).toBe(0)
    expect(memory.i32[empty.offsets / 4]).toBe(0)
  })
})
