import fc from 'fast-check'
import { evaluate, evaluateScalar } from '../../../engine/kernels/evaluate.js'
import { RowError } from '../../../engine/kernels/kernel.js'
import { kernelFor } from '../../../engine/kernels/registry.js'
import { readValue } from '../../../io/values.js'
import type { ScalarValue, TypedExpression } from '../../../planner/expression.js'
import { allFunctions } from '../../../planner/functions.js'
import { type DataType, field, typeName } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { context, type Form, memory, Random, randomVector } from './samples.js'
import { signaturesOf } from './signatures.js'

const scalars = allFunctions().filter((one) => one.kind === 'scalar')
const LENGTHS = [0, 1, 63, 64, 65, 300]

describe('registry', () => {
  it('has a kernel for every scalar function', () => {
    for (const { name } of scalars) expect(kernelFor(name).name).toBe(name)
  })
})

describe.each(scalars.map(({ name }) => name).filter((name) => signaturesOf(name).length > 0))('%s', (name) => {
  it('computes in its kernel what its reference says', () => {
    const signatures = signaturesOf(name)
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed)
        compareWithReference(name, random, random.pick(signatures))
      }),
      { seed: 7, numRuns: 12 + 3 * signatures.length, endOnFailure: true, includeErrorInReport: true },
    )
  })
})

function compareWithReference(
  name: string,
  random: Random,
  { parameters, constants, result }: ReturnType<typeof signaturesOf>[number],
): void {
  context.resetScratch()
  const length = random.pick(LENGTHS)
  const columns = parameters.map((type) => randomVector(random, type, randomForm(random, type), length))
  const schema = { fields: parameters.map((type, i) => field(`c${i}`, type)) }
  const call: TypedExpression = {
    kind: 'call',
    function: name,
    type: result,
    arguments: parameters.map((type, index) =>
      constants[index] === undefined
        ? { kind: 'column', index, name: `c${index}`, type }
        : { kind: 'literal', value: constants[index], type },
    ),
  }
  const actual = attempt(() => {
    const vector = evaluate(context, call, { schema, length, columns })
    expect(vector.length).toBe(length)
    return Array.from({ length }, (_, row) => readValue(memory.views, vector, row))
  })
  const expected = attempt(() =>
    Array.from({ length }, (_, row) => {
      try {
        return evaluateScalar(call, (index) => readValue(memory.views, columns[index], row))
      } catch (error) {
        throw error instanceof RowError ? new RowError(error.code, error.message, row) : error
      }
    }),
  )
  const described = `${name}(${columns.map((c) => typeName(c.type) + formOf(c)).join(', ')}) of ${length} rows`
  expect([described, actual]).toEqual([described, expected])
}

function formOf(column: ReturnType<typeof randomVector>): string {
  return column.constant ? ' constant' : column.dictionary !== null ? ' dictionary' : column.width === 16 ? ' wide' : ''
}

function randomForm(random: Random, type: DataType): Form {
  const forms: Form[] = ['plain', 'nullable', 'nullable', 'constant', 'null']
  if (type.kind === 'utf8') forms.push('dictionary', 'dictionary')
  // Eight of ten are plain or nullable, as otherwise most pairs have a null among them.
  return random.below(10) < 6 ? random.pick(['plain', 'nullable']) : random.pick(forms)
}

function attempt(compute: () => ScalarValue[]): ScalarValue[] | string {
  try {
    return compute()
  } catch (error) {
    if (error instanceof RowError) return `${error.code} ${error.message} at ${error.row}`
    throw error
  }
}
