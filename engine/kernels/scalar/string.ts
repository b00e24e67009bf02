/** References of the functions of text. Characters are code points; positions count from 1. */

import type { ScalarValue } from '../../../planner/expression.js'
import { RowError } from '../kernel.js'

/** DuckDB's bounds of the arguments of `substring` and `left`. */
export const LEAST_ARGUMENT = -(2 ** 32)
export const GREATEST_ARGUMENT = 2 ** 32 - 1

/** The longest string that JavaScript holds, in code units. */
const LONGEST_TEXT = 2 ** 29 - 24

export function length(text: string): bigint {
  let count = 0
  for (const _ of text) count++
  return BigInt(count)
}

export function byteLength(value: string | Uint8Array): bigint {
  return BigInt(typeof value === 'string' ? Buffer.byteLength(value) : value.length)
}

/** The characters from `start`, `count` of them or, if negative, those before; a negative start counts from the end. */
export function substring(text: string, start: bigint, count = BigInt(GREATEST_ARGUMENT)): string {
  checkRange('substring', start)
  checkRange('substring', count)
  const characters = [...text]
  const from = start > 0n ? Number(start) - 1 : start < 0n ? characters.length + Number(start) : -1
  const to = from + Number(count)
  return characters.slice(Math.max(Math.min(from, to), 0), Math.max(from, to, 0)).join('')
}

export function left(text: string, count: bigint): string {
  if (count >= 0n) checkRange('left', count)
  return [...text].slice(0, Number(count)).join('')
}

export function right(text: string, count: bigint): string {
  const characters = [...text]
  const from = count >= 0n ? Math.max(characters.length - Number(count), 0) : -Number(count)
  return characters.slice(from).join('')
}

function checkRange(name: string, argument: bigint): void {
  if (argument < LEAST_ARGUMENT || argument > GREATEST_ARGUMENT) throw outOfRange(name, argument)
}

export function outOfRange(name: string, argument: bigint, row = -1): RowError {
  const message = `${name} takes ${LEAST_ARGUMENT} to ${GREATEST_ARGUMENT}, not ${argument}`
  return new RowError('VOLLEY_INVALID_ARGUMENT', message, row)
}

const SPACES = '\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000'

/** Strips characters of `set`, by default Unicode's spaces (category Zs: no tabs, no line ends). */
export function trim(text: string, set: string = SPACES, start = true, end = true): string {
  const stripped = new Set(set)
  const characters = [...text]
  let from = 0
  let to = characters.length
  if (start) while (from < to && stripped.has(characters[from])) from++
  if (end) while (to > from && stripped.has(characters[to - 1])) to--
  return characters.slice(from, to).join('')
}

export function position(text: string, search: string): bigint {
  const found = text.indexOf(search)
  return found < 0 ? 0n : length(text.slice(0, found)) + 1n
}

/** Joins texts or bytes, leaving out nulls. */
export function concat(values: readonly ScalarValue[], binary: boolean): string | Uint8Array {
  const parts = values.filter((value) => value !== null)
  if (binary) return Uint8Array.from(Buffer.concat(parts as Uint8Array[]))
  checkLength(
    'concat',
    (parts as string[]).reduce((sum, part) => sum + part.length, 0),
  )
  return parts.join('')
}

/** Replaces every occurrence, from the start on; an empty search occurs nowhere. */
export function replace(text: string, search: string, replacement: string): string {
  if (search === '') return text
  const parts = text.split(search)
  checkLength('replace', text.length + (parts.length - 1) * (replacement.length - search.length))
  return parts.join(replacement)
}

export function repeat(text: string, count: bigint): string {
  const times = count > 0n && text.length > 0 ? Number(count) : 0
  checkLength('repeat', text.length * times)
  return text.repeat(times)
}

export function lpad(text: string, count: number, padding: string): string {
  const { kept, added } = pad('lpad', text, count, padding)
  return added + kept
}

export function rpad(text: string, count: number, padding: string): string {
  const { kept, added } = pad('rpad', text, count, padding)
  return kept + added
}

function pad(name: string, text: string, count: number, padding: string): { kept: string; added: string } {
  const characters = [...text]
  if (characters.length >= count) return { kept: characters.slice(0, Math.max(count, 0)).join(''), added: '' }
  const missing = count - characters.length
  const paddingCharacters = [...padding]
  if (paddingCharacters.length === 0) throw noPadding(name, count)
  const times = Math.ceil(missing / paddingCharacters.length)
  checkLength(name, text.length + times * padding.length)
  const last = paddingCharacters.slice(0, missing - (times - 1) * paddingCharacters.length).join('')
  return { kept: text, added: padding.repeat(times - 1) + last }
}

export function noPadding(name: string, count: number, row = -1): RowError {
  return new RowError('VOLLEY_INVALID_ARGUMENT', `${name} to ${count} characters needs padding, but it is empty`, row)
}

function checkLength(name: string, units: number): void {
  if (units > LONGEST_TEXT) throw new RowError('VOLLEY_OVERFLOW', `the result of ${name} would be too long`, -1)
}
