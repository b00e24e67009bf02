import fc from 'fast-check'
import { vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { BINARY, BOOL, type DataType, INT32, INT64, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import {
  type Argument,
  constantText,
  context,
  duckdb,
  duckdbRows,
  functionNamed,
  outcome,
  runKernel,
  runReference,
  text,
  toVector,
} from './string-oracle.js'

const CHARACTERS = [
  'a',
  'b',
  'A',
  'Z',
  ' ',
  '%',
  '_',
  '#',
  '\t',
  '\u00a0',
  '\u3000',
  'é',
  'ß',
  'İ',
  '日',
  '😀',
  'ᾳ',
  "'",
]
const character = fc.constantFrom(...CHARACTERS)
const short = fc.string({ unit: character, maxLength: 6 })
const long = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '%'), minLength: 14, maxLength: 70 })
const ascii = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'X'), maxLength: 40 })
const anyText = fc.oneof(short, short, long, ascii)
const smallNumber = fc.integer({ min: -8, max: 9 })
const pattern = fc.string({ unit: fc.constantFrom('%', '_', 'a', 'b', 'é', '#', 'A'), maxLength: 6 })

interface Case {
  readonly name: string
  readonly sql: string
  readonly parameters: readonly { readonly type: DataType; readonly arbitrary: fc.Arbitrary<ScalarValue> }[]
  readonly type: DataType
}

const asText = (arbitrary: fc.Arbitrary<string>) => ({ type: UTF8, arbitrary })
const asInt64 = { type: INT64, arbitrary: smallNumber.map(BigInt) }
const asInt32 = { type: INT32, arbitrary: smallNumber }
const STRIPPED = fc.string({ unit: character, maxLength: 3 })

const CASES: readonly Case[] = [
  { name: 'lower', sql: 'lower(a)', parameters: [asText(anyText)], type: UTF8 },
  { name: 'upper', sql: 'upper(a)', parameters: [asText(anyText)], type: UTF8 },
  { name: 'length', sql: 'length(a)', parameters: [asText(anyText)], type: INT64 },
  { name: 'byteLength', sql: 'strlen(a)', parameters: [asText(anyText)], type: INT64 },
  { name: 'reverse', sql: 'reverse(a)', parameters: [asText(anyText)], type: UTF8 },
  { name: 'trim', sql: 'trim(a)', parameters: [asText(anyText)], type: UTF8 },
  { name: 'ltrim', sql: 'ltrim(a)', parameters: [asText(anyText)], type: UTF8 },
  { name: 'rtrim', sql: 'rtrim(a)', parameters: [asText(anyText)], type: UTF8 },
  { name: 'trim', sql: 'trim(a, b)', parameters: [asText(anyText), asText(STRIPPED)], type: UTF8 },
  { name: 'ltrim', sql: 'ltrim(a, b)', parameters: [asText(anyText), asText(STRIPPED)], type: UTF8 },
  { name: 'rtrim', sql: 'rtrim(a, b)', parameters: [asText(anyText), asText(STRIPPED)], type: UTF8 },
  { name: 'substring', sql: 'substring(a, b)', parameters: [asText(anyText), asInt64], type: UTF8 },
  { name: 'substring', sql: 'substring(a, b, c)', parameters: [asText(anyText), asInt64, asInt64], type: UTF8 },
  { name: 'left', sql: 'left(a, b)', parameters: [asText(anyText), asInt64], type: UTF8 },
  { name: 'right', sql: 'right(a, b)', parameters: [asText(anyText), asInt64], type: UTF8 },
  { name: 'repeat', sql: 'repeat(a, b)', parameters: [asText(anyText), asInt64], type: UTF8 },
  { name: 'contains', sql: 'contains(a, b)', parameters: [asText(anyText), asText(STRIPPED)], type: BOOL },
  { name: 'startsWith', sql: 'starts_with(a, b)', parameters: [asText(anyText), asText(STRIPPED)], type: BOOL },
  { name: 'endsWith', sql: 'ends_with(a, b)', parameters: [asText(anyText), asText(STRIPPED)], type: BOOL },
  { name: 'position', sql: 'position(b in a)', parameters: [asText(anyText), asText(STRIPPED)], type: INT64 },
  { name: 'concatOperator', sql: 'a || b', parameters: [asText(anyText), asText(anyText)], type: UTF8 },
  { name: 'concat', sql: 'concat(a, b, c)', parameters: [asText(anyText), asText(short), asText(short)], type: UTF8 },
  {
    name: 'replace',
    sql: 'replace(a, b, c)',
    parameters: [asText(anyText), asText(STRIPPED), asText(short)],
    type: UTF8,
  },
  { name: 'like', sql: 'a like b', parameters: [asText(anyText), asText(pattern)], type: BOOL },
  { name: 'ilike', sql: 'a ilike b', parameters: [asText(anyText), asText(pattern)], type: BOOL },
  {
    name: 'lpad',
    sql: 'lpad(a, b, c)',
    parameters: [asText(anyText), asInt32, asText(fc.string({ unit: character, minLength: 1, maxLength: 3 }))],
    type: UTF8,
  },
  {
    name: 'rpad',
    sql: 'rpad(a, b, c)',
    parameters: [asText(anyText), asInt32, asText(fc.string({ unit: character, minLength: 1, maxLength: 3 }))],
    type: UTF8,
  },
]

/** Columns of `length` rows, of which a few are null. */
function columnsOf({ parameters }: Case, length: number, seed: number): Argument[] {
  return parameters.map(({ type, arbitrary }, i) => ({
    type,
    values: fc.sample(fc.option(arbitrary, { freq: 9, nil: null }), { numRuns: length, seed: seed + i }),
  }))
}

describe.each(CASES)('$sql', (one) => {
  it('has a kernel that computes what the reference does', () => {
    for (const length of [0, 1, 64, 333]) {
      const columns = columnsOf(one, length, length)
      expect(runKernel(one.name, columns, one.type, length)).toEqual(runReference(one.name, columns, one.type, length))
    }
  })

  it('takes constants in any place', () => {
    const columns = columnsOf(one, 40, 7)
    for (let mask = 1; mask < 2 ** columns.length; mask++) {
      for (const row of [3, 11, 26]) {
        const mixed = columns.map((column, i) =>
          mask & (2 ** i)
            ? {
                ...column,
                values: [column.values[row] ?? (column.type === UTF8 ? 'a' : column.type === INT64 ? 2n : 2)],
                constant: true,
              }
            : column,
        )
        expect(runKernel(one.name, mixed, one.type, 40)).toEqual(runReference(one.name, mixed, one.type, 40))
      }
    }
  })

  it('has a reference that computes what DuckDB does', async () => {
    const columns = columnsOf(one, 1000, 99)
    const rows = Array.from({ length: 1000 }, (_, row) => columns.map((column) => column.values[row]))
    expect(runReference(one.name, columns, one.type, 1000)).toEqual(await duckdbRows(one.sql, rows))
  })
})

describe('substring', () => {
  it('has DuckDB bounds of its arguments', async () => {
    const numbers = [-(2n ** 32n) - 1n, -(2n ** 32n), 2n ** 32n - 1n, 2n ** 32n, -(2n ** 63n), 2n ** 63n - 1n]
    for (const number of numbers) {
      for (const [name, before] of [
        ['substring', []],
        ['substring', [1n]],
        ['left', []],
        ['right', []],
      ] as const) {
        const values = ['héllo', ...before, number]
        const columns = values.map((value) => ({ type: typeof value === 'string' ? UTF8 : INT64, values: [value] }))
        const expected = await duckdbRows(`${name}(a, ${before.length > 0 ? 'b, c' : 'b'})`, [values]).catch(() => [
          'VOLLEY_INVALID_ARGUMENT',
        ])
        expect([outcome(() => runReference(name, columns, UTF8, 1)[0])]).toEqual(expected)
        expect([outcome(() => runKernel(name, columns, UTF8, 1)[0])]).toEqual(expected)
      }
    }
  })

  it('fails at the first valid row', () => {
    const starts: Argument = { type: INT64, values: [1n, null, 2n ** 40n, -(2n ** 40n)] }
    const columns = [text('a', 'b', 'c', 'd'), starts]
    expect(outcome(() => runKernel('substring', columns, UTF8, 4), true)).toBe('VOLLEY_INVALID_ARGUMENT at 2')
    const nulls = [text('a', 'b', null, null), starts]
    expect(runKernel('substring', nulls, UTF8, 4)).toEqual(['a', null, null, null])
  })
})

describe('lower and upper', () => {
  it('map every code point as DuckDB does', async () => {
    const codes = Array.from({ length: 0x110000 - 1 }, (_, i) => i + 1).filter((code) => code < 0xd800 || code > 0xdfff)
    const all = text(codes.map((code) => String.fromCodePoint(code)).join(''))
    for (const name of ['lower', 'upper']) {
      const [[joined]] = await duckdb(
        `select string_agg(${name}(chr(i::int)), '' order by i)
         from range(1, 1114112) t(i) where i not between 55296 and 57343`,
      )
      const expected = [...String(joined)]
      const differing = ([result]: ScalarValue[]) => {
        const characters = [...String(result)]
        return codes.filter((_, i) => characters[i] !== expected[i])
      }
      expect(differing(runKernel(name, [all], UTF8, 1))).toEqual([])
      expect(differing(runReference(name, [all], UTF8, 1))).toEqual([])
    }
  })
})

describe('reverse', () => {
  it('keeps what belongs to one character together', async () => {
    const units = ['e\u0301', 'a', '\r\n', '\r', '\n', '🤦🏼‍♂️', '🇩🇪', '한', 'ᄒ', 'ᅡ', 'é', '日', '\u200d', '👩', 'ก็']
    const samples = fc.sample(fc.string({ unit: fc.constantFrom(...units), maxLength: 6 }), { numRuns: 1000, seed: 5 })
    const argument = [text(...samples)]
    const expected = await duckdbRows(
      'reverse(a)',
      samples.map((sample) => [sample]),
    )
    expect(runReference('reverse', argument, UTF8, 1000)).toEqual(expected)
    expect(runKernel('reverse', argument, UTF8, 1000)).toEqual(expected)
  })
})

describe('trim', () => {
  it('strips the code points that DuckDB strips', async () => {
    const codes = Array.from({ length: 0x10000 - 1 }, (_, i) => i + 1).filter((code) => code < 0xd800 || code > 0xdfff)
    const stripped = await duckdb(
      `select i::int from range(1, 65536) t(i) where i not between 55296 and 57343 and trim(chr(i::int)) = '' order by i`,
    )
    const result = runKernel('trim', [text(...codes.map((code) => String.fromCodePoint(code)))], UTF8, codes.length)
    expect(codes.filter((_, i) => result[i] === '')).toEqual(stripped.map(([code]) => code))
  })
})

describe('like', () => {
  const texts = fc.sample(fc.string({ unit: fc.constantFrom('a', 'b', '#', 'é', '%'), maxLength: 5 }), {
    numRuns: 300,
    seed: 1,
  })
  const patterns = fc.sample(fc.string({ unit: fc.constantFrom('%', '_', 'a', '#', '#', 'é'), maxLength: 5 }), {
    numRuns: 60,
    seed: 2,
  })

  it.each(['#', '', 'a', '%', '_'])('escapes with %j as DuckDB does', async (mark) => {
    for (const one of patterns) {
      const operands = [text(...texts), constantText(one), constantText(mark)]
      const expected = await duckdbRows(
        `a like b escape '${mark}'`,
        texts.map((value) => [value, one]),
      ).catch(() => 'VOLLEY_INVALID_ARGUMENT')
      expect(outcome(() => runReference('like', operands, BOOL, 300))).toEqual(expected)
      expect(outcome(() => runKernel('like', operands, BOOL, 300))).toEqual(expected)
      const spread = [operands[0], text(...texts.map(() => one)), text(...texts.map(() => mark))]
      expect(outcome(() => runKernel('like', spread, BOOL, 300))).toEqual(expected)
    }
  })

  it('lowers the pattern but not the escape of ilike', async () => {
    const rows = [
      ['A%', 'aX%', 'X'],
      ['a%', 'ax%', 'x'],
      ['ÀB', 'à#B', '#'],
      ['ax%', 'aX%', 'X'],
    ]
    const columns = [0, 1, 2].map((i) => text(...rows.map((row) => row[i])))
    const expected = await Promise.all(
      rows.map(async ([, , mark], i) => (await duckdbRows(`a ilike b escape '${mark}'`, [rows[i].slice(0, 2)]))[0]),
    )
    expect(runReference('ilike', columns, BOOL, 4)).toEqual(expected)
    expect(runKernel('ilike', columns, BOOL, 4)).toEqual(expected)
  })

  it('refuses an escape of several bytes, on valid rows', () => {
    const columns = [text('a', null, 'b'), text('a', 'a', 'b'), text('#', 'é', 'ab')]
    expect(outcome(() => runKernel('like', columns, BOOL, 3), true)).toBe('VOLLEY_INVALID_ARGUMENT at 2')
  })

  it('finds long literals across rows of any length', () => {
    const words = ['special', 'requests', 'specia', 'l', '', 'a'.repeat(100), 'special requests', 'spéc']
    const rows = fc.sample(fc.array(fc.constantFrom(...words), { maxLength: 5 }), { numRuns: 2000, seed: 3 })
    const column = text(...rows.map((row) => row.join('')))
    for (const one of [
      '%special%',
      '%special%requests%',
      '%requests',
      'special%',
      'spec_al%',
      '%a_s%',
      '%',
      '',
      '_%',
    ]) {
      const operands = [column, constantText(one)]
      expect(runKernel('like', operands, BOOL, 2000)).toEqual(runReference('like', operands, BOOL, 2000))
    }
  })
})

describe('concat', () => {
  it('leaves nulls out, and is never null', () => {
    const columns = [text('a', null, 'c'), { ...constantText('x'), values: [null] }, text(null, null, 'f')]
    expect(runKernel('concat', columns, UTF8, 3)).toEqual(['a', '', 'cf'])
    expect(runKernel('concat', columns.slice(1, 2), UTF8, 3)).toEqual(['', '', ''])
    expect(runReference('concat', columns, UTF8, 3)).toEqual(['a', '', 'cf'])
  })

  it('takes dictionaries', () => {
    context.resetScratch()
    const dictionary = toVector(text('x', 'é'))
    const { values, validity } = toVector({ type: INT32, values: [1, null, 0, 1] })
    const encoded = vector(UTF8, 4, { values, validity, dictionary })
    const result = functionNamed('concat').evaluate(context, [encoded, toVector(constantText('!'))], UTF8, 4)
    expect([0, 1, 2, 3].map((row) => readValue(context.memory, result, row))).toEqual(['é!', '!', 'x!', 'é!'])
  })

  it('joins bytes', () => {
    const columns = [1, 2].map((byte) => ({ type: BINARY, values: [Uint8Array.of(byte, 255), null] }))
    expect(runKernel('concatOperator', columns, BINARY, 2)).toEqual([Uint8Array.of(1, 255, 2, 255), null])
    expect(runReference('concatOperator', columns, BINARY, 2)).toEqual([Uint8Array.of(1, 255, 2, 255), null])
  })
})

describe('results that are too large', () => {
  it('fail at the row that is one too many', () => {
    const counts = (...values: (bigint | null)[]) => ({ type: INT64, values })
    const huge = [text('a', 'b', 'c'), counts(null, 3n, 2n ** 62n)]
    expect(outcome(() => runKernel('repeat', huge, UTF8, 3), true)).toBe('VOLLEY_OVERFLOW at 2')
    expect(outcome(() => runReference('repeat', huge, UTF8, 3))).toBe('VOLLEY_OVERFLOW')
    const both = [text('a', 'b'), counts(2n ** 30n, 2n ** 30n)]
    expect(outcome(() => runKernel('repeat', both, UTF8, 2), true)).toBe('VOLLEY_OVERFLOW at 1')
    const padded = [text('a', 'b'), { type: INT32, values: [2, 2 ** 31 - 1] }, text('é', 'é')]
    expect(outcome(() => runKernel('lpad', padded, UTF8, 2), true)).toBe('VOLLEY_OVERFLOW at 1')
    expect(outcome(() => runReference('lpad', padded, UTF8, 2))).toBe('VOLLEY_OVERFLOW')
  })

  it('and padding without padding too', () => {
    const columns = [text('abc', null, 'a'), { type: INT32, values: [2, 5, 2] }, constantText('')]
    expect(outcome(() => runKernel('rpad', columns, UTF8, 3), true)).toBe('VOLLEY_INVALID_ARGUMENT at 2')
    expect(outcome(() => runReference('rpad', columns, UTF8, 3))).toBe('VOLLEY_INVALID_ARGUMENT')
  })
})
