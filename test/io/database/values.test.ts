import fc from 'fast-check'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { copyText } from '../../../io/database/postgresql/copy-text.js'
import { fromPostgresql } from '../../../io/database/postgresql/parse.js'
import { declaredType, typeOfDeclaration } from '../../../io/database/sqlite/types.js'
import { fromSqlite, toSqlite } from '../../../io/database/sqlite/values.js'
import { typeOfText } from '../../../io/duckdb/type-text.js'
import { storedTypeName } from '../../../io/duckdb/types.js'
import { batchOfColumns } from '../../../io/row-batches.js'
import type { ScalarValue } from '../../../planner/expression.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  FLOAT64,
  field,
  INT32,
  INT64,
  schemaOf,
  TIMESTAMP,
  time,
  timestamp,
  typesEqual,
  UINT64,
  UTF8,
} from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'

const RUNS = { seed: 7, numRuns: 150 }

/** What databases keep of every kind of value. Their dates are those of four digits. */
const VALUES: readonly (readonly [DataType, fc.Arbitrary<ScalarValue>])[] = [
  [BOOL, fc.boolean()],
  [INT32, fc.integer()],
  [INT64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [UINT64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [FLOAT64, fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value))],
  [decimal(38, 4), fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n })],
  [UTF8, fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))],
  [BINARY, fc.uint8Array({ maxLength: 20 })],
  [DATE, fc.integer({ min: -800_000, max: 2_900_000 })],
  [time('us'), fc.bigInt({ min: 0n, max: 86_399_999_999n })],
  [TIMESTAMP, fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n })],
  [timestamp('us', 'UTC'), fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n })],
]

const anyValue = fc.oneof(...VALUES.map(([type, value]) => value.map((one) => ({ type, value: one }))))

describe('values come back', () => {
  it('from SQLite', () => {
    fc.assert(
      fc.property(anyValue, ({ type, value }) => {
        const own = field('x', type)
        expect(fromSqlite(toSqlite(value, own, 0, 't'), own, 0, 't')).toEqual(value)
      }),
      RUNS,
    )
  })

  it('from PostgreSQL, as its COPY would take them', () => {
    const memory = SharedMemory.create(16 << 20)
    const target = { memory: memory.views, allocate: memory.allocate }
    const list = fc.array(fc.option(fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))), {
      maxLength: 4,
    })
    const texts: DataType = { kind: 'list', element: field('item', UTF8) }
    const anything = fc.oneof(
      anyValue,
      list.map((value) => ({ type: texts, value: value as ScalarValue })),
    )
    fc.assert(
      fc.property(anything, ({ type, value }) => {
        const own = field('x', type)
        const batch = batchOfColumns(schemaOf([own]), [[value, null]], 2, target)
        const [first, second] = [...copyText(memory.views, batch, 5, 't')].join('').split('\n')
        expect(second).toBe('6\t\\N')
        expect(first.startsWith('5\t')).toBe(true)
        const sent = unescaped(first.slice(2))
        expect(fromPostgresql(sent, own, 0, 't')).toEqual(value)
        for (const { blocks } of batch.columns) for (const block of blocks) memory.release(block)
      }),
      RUNS,
    )
  })
})

function unescaped(text: string): string {
  const characters: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }
  return text.replace(/\\([tnr\\])/g, (_, character: string) => characters[character])
}

describe('types come back', () => {
  const { type: anyType } = fc.letrec<{ type: DataType }>((tie) => ({
    type: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...VALUES.map(([type]) => type)),
      tie('type').map((element): DataType => ({ kind: 'list', element: field('item', element) })),
      fc
        .tuple(fc.string({ minLength: 1 }), tie('type'), tie('type'))
        .map(([name, a, b]): DataType => ({ kind: 'struct', fields: [field(`a${name}`, a), field('b', b)] })),
      fc
        .tuple(fc.constantFrom(INT64, UTF8), tie('type'))
        .map(
          ([key, value]): DataType => ({ kind: 'map', key: field('key', key, false), value: field('value', value) }),
        ),
    ),
  }))

  it('from what DuckDB calls them', () => {
    fc.assert(
      fc.property(anyType, (type) => {
        expect(typesEqual(typeOfText(storedTypeName(type)), type)).toBe(true)
      }),
      RUNS,
    )
  })

  it('from declarations in SQLite, as far as it has them', () => {
    for (const [type] of VALUES) {
      const found = typeOfDeclaration(declaredType(type))
      if (type.kind === 'int') expect(found?.kind).toMatch(/int|decimal/)
      else if (type.kind !== 'binary') expect(found).toEqual(type)
    }
  })
})
