/** The methods of expressions that call a function of the registry by its own name. */

import type { Expression } from './expression.js'
import { type Constant, freezeNode, literalNode } from './operands.js'

/** An expression, or a constant: a string stands for itself. */
export type Operand<Self> = Self | Constant

/** `Self` is the class that derives from this one, so that what a method returns has all methods. */
export abstract class FunctionMethods<Self extends FunctionMethods<Self>> {
  constructor(readonly node: Expression) {}

  /** Makes an expression of a node. */
  protected abstract of(node: Expression): Self

  add(other: Operand<Self>): Self {
    return this.call('add', other)
  }
  sub(other: Operand<Self>): Self {
    return this.call('sub', other)
  }
  mul(other: Operand<Self>): Self {
    return this.call('mul', other)
  }
  /** Floating-point division; null where the divisor is 0. */
  div(other: Operand<Self>): Self {
    return this.call('div', other)
  }
  intDiv(other: Operand<Self>): Self {
    return this.call('intDiv', other)
  }
  mod(other: Operand<Self>): Self {
    return this.call('mod', other)
  }
  neg(): Self {
    return this.call('neg')
  }

  eq(other: Operand<Self>): Self {
    return this.call('eq', other)
  }
  neq(other: Operand<Self>): Self {
    return this.call('neq', other)
  }
  gt(other: Operand<Self>): Self {
    return this.call('gt', other)
  }
  gte(other: Operand<Self>): Self {
    return this.call('gte', other)
  }
  lt(other: Operand<Self>): Self {
    return this.call('lt', other)
  }
  lte(other: Operand<Self>): Self {
    return this.call('lte', other)
  }
  isDistinctFrom(other: Operand<Self>): Self {
    return this.call('isDistinctFrom', other)
  }
  isNotDistinctFrom(other: Operand<Self>): Self {
    return this.call('isNotDistinctFrom', other)
  }
  not(): Self {
    return this.call('not')
  }
  isNull(): Self {
    return this.call('isNull')
  }
  isNotNull(): Self {
    return this.call('isNotNull')
  }
  coalesce(...others: Operand<Self>[]): Self {
    return this.call('coalesce', ...others)
  }
  nullIf(other: Operand<Self>): Self {
    return this.call('nullIf', other)
  }
  greatest(...others: Operand<Self>[]): Self {
    return this.call('greatest', ...others)
  }
  least(...others: Operand<Self>[]): Self {
    return this.call('least', ...others)
  }

  like(pattern: Operand<Self>, escapeCharacter?: Operand<Self>): Self {
    return this.call('like', pattern, ...given(escapeCharacter))
  }
  ilike(pattern: Operand<Self>, escapeCharacter?: Operand<Self>): Self {
    return this.call('ilike', pattern, ...given(escapeCharacter))
  }
  startsWith(prefix: Operand<Self>): Self {
    return this.call('startsWith', prefix)
  }
  endsWith(suffix: Operand<Self>): Self {
    return this.call('endsWith', suffix)
  }
  contains(text: Operand<Self>): Self {
    return this.call('contains', text)
  }
  lower(): Self {
    return this.call('lower')
  }
  upper(): Self {
    return this.call('upper')
  }
  trim(characters?: Operand<Self>): Self {
    return this.call('trim', ...given(characters))
  }
  ltrim(characters?: Operand<Self>): Self {
    return this.call('ltrim', ...given(characters))
  }
  rtrim(characters?: Operand<Self>): Self {
    return this.call('rtrim', ...given(characters))
  }
  /** In characters. */
  length(): Self {
    return this.call('length')
  }
  byteLength(): Self {
    return this.call('byteLength')
  }
  /** `start` counts from 1, or from the end if negative. */
  substring(start: Operand<Self>, length?: Operand<Self>): Self {
    return this.call('substring', start, ...given(length))
  }
  /** Joined as text, leaving nulls out. */
  concat(...others: Operand<Self>[]): Self {
    return this.call('concat', ...others)
  }
  replace(search: Operand<Self>, replacement: Operand<Self>): Self {
    return this.call('replace', search, replacement)
  }
  /** Of the first occurrence, from 1; 0 if there is none. */
  position(text: Operand<Self>): Self {
    return this.call('position', text)
  }
  left(count: Operand<Self>): Self {
    return this.call('left', count)
  }
  right(count: Operand<Self>): Self {
    return this.call('right', count)
  }
  lpad(count: Operand<Self>, padding: Operand<Self> = ' '): Self {
    return this.call('lpad', count, padding)
  }
  rpad(count: Operand<Self>, padding: Operand<Self> = ' '): Self {
    return this.call('rpad', count, padding)
  }
  reverse(): Self {
    return this.call('reverse')
  }
  repeat(count: Operand<Self>): Self {
    return this.call('repeat', count)
  }

  year(): Self {
    return this.call('year')
  }
  month(): Self {
    return this.call('month')
  }
  day(): Self {
    return this.call('day')
  }
  hour(): Self {
    return this.call('hour')
  }
  minute(): Self {
    return this.call('minute')
  }
  second(): Self {
    return this.call('second')
  }
  millisecond(): Self {
    return this.call('millisecond')
  }
  microsecond(): Self {
    return this.call('microsecond')
  }
  quarter(): Self {
    return this.call('quarter')
  }
  week(): Self {
    return this.call('week')
  }
  /** 0 is Sunday. */
  dayOfWeek(): Self {
    return this.call('dayOfWeek')
  }
  /** 1 is Monday, 7 is Sunday. */
  isoDayOfWeek(): Self {
    return this.call('isoDayOfWeek')
  }
  dayOfYear(): Self {
    return this.call('dayOfYear')
  }
  /** Seconds since 1970, with their fraction. */
  epoch(): Self {
    return this.call('epoch')
  }
  dateTrunc(unit: string): Self {
    return this.callOf('dateTrunc', [literalNode(unit), this.node])
  }
  /** How many boundaries of the unit lie between this and a later instant. */
  dateDiff(unit: string, to: Operand<Self>): Self {
    return this.callOf('dateDiff', [literalNode(unit), this.node, nodeOf(to)])
  }
  lastDay(): Self {
    return this.call('lastDay')
  }

  abs(): Self {
    return this.call('abs')
  }
  round(digits?: number): Self {
    return this.call('round', ...given(digits))
  }
  floor(): Self {
    return this.call('floor')
  }
  ceil(): Self {
    return this.call('ceil')
  }
  trunc(): Self {
    return this.call('trunc')
  }
  sqrt(): Self {
    return this.call('sqrt')
  }
  power(exponent: Operand<Self>): Self {
    return this.call('power', exponent)
  }
  exp(): Self {
    return this.call('exp')
  }
  ln(): Self {
    return this.call('ln')
  }
  log10(): Self {
    return this.call('log10')
  }
  log2(): Self {
    return this.call('log2')
  }
  sign(): Self {
    return this.call('sign')
  }
  isNan(): Self {
    return this.call('isNan')
  }
  isFinite(): Self {
    return this.call('isFinite')
  }
  isInf(): Self {
    return this.call('isInf')
  }

  protected call(name: string, ...others: readonly Operand<Self>[]): Self {
    return this.callOf(name, [this.node, ...others.map(nodeOf)])
  }

  private callOf(name: string, parameters: readonly Expression[]): Self {
    return this.of({ kind: 'call', function: name, arguments: parameters })
  }
}

/** An optional argument as a list of none or one. */
export function given<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}

/** The node of an operand. Throws VOLLEY_INVALID_ARGUMENT for what is neither an expression nor a constant. */
function nodeOf<Self extends FunctionMethods<Self>>(operand: Operand<Self>): Expression {
  return operand instanceof FunctionMethods ? operand.node : freezeNode(literalNode(operand))
}
