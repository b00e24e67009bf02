/** What users write where an expression is taken: values, column names and SQL text. */

import { VolleyError } from './errors.js'
import type { Expression } from './expression.js'
import { BINARY, FLOAT64, HUGEINT, TIMESTAMP } from './types.js'

/** A value of the host language that stands for itself. */
export type Constant = string | number | bigint | boolean | Date | null | Uint8Array

/** Words that mean something else than a column when they stand alone. */
const RESERVED = new Set(
  (
    'all and any array as asc between both case cast check collate column constraint create current_date ' +
    'current_time current_timestamp default desc distinct do else end except exists false fetch for foreign from ' +
    'grant group having in initially intersect interval into is isnull lateral leading like limit localtime ' +
    'localtimestamp not notnull null offset on only or order pivot placing primary qualify references returning ' +
    'select show similar some symmetric table then to trailing true union unique unpivot using values variadic ' +
    'when where window with'
  ).split(' '),
)

/** A column if the text is no more than a name, which spares the SQL parser; else text for it to parse. */
export function parseText(text: string): Expression {
  const trimmed = text.trim()
  if (trimmed === '') throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'an expression is expected, not an empty string')
  if (trimmed === '*') return { kind: 'star' }
  if (/^[a-z_][a-z0-9_]*$/i.test(trimmed) && !RESERVED.has(trimmed.toLowerCase())) {
    return { kind: 'column', name: trimmed }
  }
  return { kind: 'text', text }
}

/** The node of a constant. Whole numbers get no type, so that they adapt to what they meet. */
export function literalNode(value: Constant): Expression {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return { kind: 'literal', value, type: null }
  }
  if (typeof value === 'number') {
    const whole = Number.isSafeInteger(value) && !Object.is(value, -0)
    return { kind: 'literal', value, type: whole ? null : FLOAT64 }
  }
  if (typeof value === 'bigint') return { kind: 'literal', value: withinHugeint(value), type: null }
  if (value instanceof Uint8Array) return { kind: 'literal', value, type: BINARY }
  if (value instanceof Date) return { kind: 'literal', value: microsOf(value), type: TIMESTAMP }
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `no constant can be made of ${describeValue(value)}`, {
    expected: 'an expression, string, number, bigint, boolean, Date, Uint8Array or null',
  })
}

/** Freezes a node and the lists in it; what lies below is frozen already. */
export function freezeNode<T extends Expression>(node: T): T {
  for (const part of Object.values(node)) {
    if (Array.isArray(part)) {
      part.forEach(Object.freeze)
      Object.freeze(part)
    }
  }
  return Object.freeze(node)
}

function withinHugeint(value: bigint): bigint {
  const limit = 10n ** BigInt(HUGEINT.kind === 'decimal' ? HUGEINT.precision : 0)
  if (value < limit && value > -limit) return value
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `${value} has more than 38 digits`)
}

function microsOf(date: Date): bigint {
  const millis = date.getTime()
  if (Number.isNaN(millis)) throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'the Date is invalid')
  return BigInt(millis) * 1000n
}

function describeValue(value: unknown): string {
  return value === undefined ? 'undefined' : `a value of type ${Array.isArray(value) ? 'array' : typeof value}`
}
