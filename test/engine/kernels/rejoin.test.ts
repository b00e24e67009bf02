import { rejoin } from '../../../engine/kernels/vectors/rejoin.js'
import { sliceVector, type Vector } from '../../../io/batch.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { BOOL, type DataType, field, INT32, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { randomColumn, SORTABLE_TYPES } from '../operators/random-columns.js'
import { columnVector, createContext, type Form, textOf, valuesOf } from '../operators/tables.js'

const { memory, context } = createContext()
const ROWS = 300

function slices(whole: Vector): Vector[] {
  return [sliceVector(whole, 0, 128), sliceVector(whole, 128, 64), sliceVector(whole, 192, ROWS - 192)]
}

function textsOf(source: Vector): string[] {
  return valuesOf(context, source).map(textOf)
}

function expectWhole(whole: Vector): void {
  const [first, second, third] = slices(whole)
  const joined = rejoin(rejoin(first, second)!, third)!
  expect(textsOf(joined)).toEqual(textsOf(whole))
  expect([rejoin(first, third), rejoin(second, first), rejoin(third, first)]).toEqual([null, null, null])
}

describe('rejoin', () => {
  it.each(SORTABLE_TYPES.map((type) => [JSON.stringify(type), type] as const))(
    'puts slices of %s together',
    (_, type) => {
      const forms: Form[] = type.kind === 'utf8' ? ['plain', 'dictionary'] : ['plain']
      for (const form of forms) expectWhole(columnVector(context, randomColumn('a', type, ROWS, 1), form))
    },
  )

  it('puts slices of nested vectors together', () => {
    const list: DataType = { kind: 'list', element: field('item', UTF8) }
    const struct: DataType = { kind: 'struct', fields: [field('a', INT32), field('b', list), field('c', BOOL)] }
    const rows = Array.from({ length: ROWS }, (_, row) => Array.from({ length: row % 3 }, () => `${row}`))
    expectWhole(vectorFromValues(list, rows, memory.views, memory.allocate))
    const structs = rows.map((b, a) => (a % 9 === 0 ? null : { a, b, c: a % 2 === 0 }))
    expectWhole(vectorFromValues(struct, structs, memory.views, memory.allocate))
  })

  it('leaves apart what is not one vector, and constants', () => {
    const [one, other] = [1, 2].map((seed) => columnVector(context, randomColumn('a', UTF8, 128, seed)))
    expect(rejoin(one, other)).toBeNull()
    const [codes, others] = [1, 2].map((seed) =>
      columnVector(context, randomColumn('a', UTF8, 128, seed), 'dictionary'),
    )
    expect(
      rejoin(sliceVector(codes, 0, 64), { ...sliceVector(codes, 64, 64), dictionary: others.dictionary }),
    ).toBeNull()
    const constant = { ...one, constant: true }
    expect(rejoin(constant, constant)).toBeNull()
    expect(rejoin(sliceVector(one, 0, 64), { ...sliceVector(one, 64, 64), blocks: [] })).toBeNull()
  })
})
