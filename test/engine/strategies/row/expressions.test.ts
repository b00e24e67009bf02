/** Expressions in the forms that records are computed in, over values of every type and at their limits, against DuckDB. */

import { differential } from '../../../support/differential.js'
import { everyType } from '../../../support/every-type.js'
import { describe, it } from '../../../support/jest.js'
import { expectExpressions } from '../../differential/expressions.js'

const volley = differential({ t: everyType(1_000) }, [1], { strategy: 'row' })

const INTEGERS = ['i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'small']
const DECIMALS = ['d9', 'd15', 'd38', 'price']
const FLOATS = ['f32', 'f64', 'ratio']
const NUMBERS = [...INTEGERS, ...DECIMALS, ...FLOATS]
const OTHERS = ['text', 'color', 'name', 'flag', 'bytes', 'day', 'moment', 'clock', 'zoned']
const ARITHMETIC = ['+', '-', '*', '/', '//', '%']

describe('arithmetic', () => {
  it.each(ARITHMETIC)('%s of columns of a type, and of constants', async (operator) => {
    const pairs = NUMBERS.flatMap((a) => [`${a} ${operator} ${a}`, `${a} ${operator} 3`, `-7 ${operator} ${a}`])
    await expectExpressions(volley(), pairs, { table: 't' })
  })

  it('of mixed types', async () => {
    const mixed = NUMBERS.flatMap((a, i) => {
      const b = NUMBERS[(i * 7 + 3) % NUMBERS.length]
      return [`${a} + ${b}`, `${a} - ${b}`, `${a} * ${b}`, `${a} // ${b}`, `${a} % ${b}`]
    })
    await expectExpressions(volley(), mixed, { table: 't' })
  })

  it('negated and without sign', async () => {
    await expectExpressions(
      volley(),
      NUMBERS.flatMap((a) => [`-${a}`, `abs(${a})`, `-(${a} + 1)`]),
      { table: 't' },
    )
  })

  it('around the limit of what doubles hold', async () => {
    const near = ['id', 'small'].flatMap((a) => [
      `9007199254740990 + ${a}`,
      `${a} - 9007199254740990`,
      `(9007199254740000 + ${a}) * 2 - 1`,
      `(94906265 + ${a}) * (94906265 + ${a})`,
      `(9223372036854775000 + ${a}) // 7`,
      `(9223372036854775000 + ${a}) % 1000`,
      `(90071992547409.90 + ${a})::decimal(18, 2) * 1.5`,
      `(18446744073709550000::ubigint - ${a}::ubigint) % 97`,
    ])
    await expectExpressions(volley(), near, { table: 't' })
  })
})

describe('comparisons', () => {
  const COMPARISONS = ['=', '<>', '<', '<=', '>', '>=', 'is distinct from', 'is not distinct from']

  it.each(COMPARISONS)('%s', async (operator) => {
    const columns = [...NUMBERS, ...OTHERS]
    const expressions = columns.flatMap((a) => [
      `${a} ${operator} case when small > 50 then ${a} end`,
      `${a} ${operator} coalesce(${a}, null)`,
    ])
    const mixed = [
      `i32 ${operator} i64`,
      `u64 ${operator} i8`,
      `d15 ${operator} i64`,
      `d38 ${operator} d9`,
      `f32 ${operator} f64`,
      `price ${operator} small`,
      `text ${operator} color`,
      `color ${operator} 'green'`,
      `'Zürich' ${operator} text`,
      `bytes ${operator} 'b3'::blob`,
      `f64 ${operator} 'nan'::double`,
      `day ${operator} date '1969-12-31'`,
      `upper(text) ${operator} text`,
      `i64 ${operator} 9223372036854775807`,
    ]
    await expectExpressions(volley(), [...expressions, ...mixed], { table: 't' })
  })
})

describe('logic and choice', () => {
  it('of three values', async () => {
    const truths = ['flag', 'small > 50', 'i8 is null', 'f64 > 0', 'null::boolean']
    const connected = truths.flatMap((a) =>
      truths.flatMap((b) => [`${a} and ${b}`, `${a} or ${b}`, `not (${a}) or ${b}`]),
    )
    await expectExpressions(volley(), connected, { table: 't' })
  })

  it('stops where the rest would fail', async () => {
    await expectExpressions(
      volley(),
      [
        'case when i8 >= 0 then cast(i8 as utinyint) end',
        'coalesce(small, cast(text as integer))',
        'small < 200 or cast(text as integer) = 1',
      ],
      { table: 't' },
    )
  })

  it('cases, first values, membership and prefixes', async () => {
    const expressions = [...NUMBERS, ...OTHERS].flatMap((a) => [
      `case when small > 66 then ${a} when small > 33 then null else ${a} end`,
      `coalesce(case when flag then ${a} end, ${a})`,
      `${a} in (${a}, null)`,
      `nullif(${a}, ${a})`,
    ])
    const others = [
      "color in ('red', 'blue')",
      "color in ('red', null)",
      'i64 in (0, 1, 9223372036854775807)',
      'd9 in (0.01, -9999999.99)',
      "f64 in (0, 'nan'::double)",
      "starts_with(text, 'k')",
      "starts_with(text, '')",
      "text like 'Z%'",
      'starts_with(text, color)',
      "case when flag then 'yes' when not flag then text else color end",
    ]
    await expectExpressions(volley(), [...expressions, ...others], { table: 't' })
  })
})

describe('casts', () => {
  const TYPES = [
    'smallint',
    'integer',
    'bigint',
    'ubigint',
    'uinteger',
    'double',
    'float',
    'decimal(18,4)',
    'decimal(38,6)',
  ]

  it.each(TYPES)('of numbers to %s', async (type) => {
    const casts = NUMBERS.flatMap((a) => [`cast(${a} as ${type})`, `try_cast(${a} as ${type})`])
    await expectExpressions(volley(), casts, { table: 't' })
  })
})
