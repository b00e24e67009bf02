/** Types of functions on text: nothing but `concat` turns other types into text unasked. */

import { BINARY, BOOL, INT32, INT64, isNested, typesEqual, UTF8 } from '../types.js'
import type { ResolveSignature } from './definition.js'
import { byOverloads, overload } from './overloads.js'

const toText = byOverloads([overload([UTF8], UTF8)])
const trimming = byOverloads([overload([UTF8], UTF8), overload([UTF8, UTF8], UTF8)])
const search = byOverloads([overload([UTF8, UTF8], BOOL)])
const pattern = byOverloads([overload([UTF8, UTF8], BOOL), overload([UTF8, UTF8, UTF8], BOOL)])
const cut = byOverloads([overload([UTF8, INT64], UTF8)])
const padding = byOverloads([overload([UTF8, INT32, UTF8], UTF8)])

/** Joins anything that can be printed as text. */
const joinText: ResolveSignature = (types) => {
  if (types.length === 0 || types.some((type) => isNested(type) || type.kind === 'interval')) return null
  return { parameters: types.map(() => UTF8), result: UTF8 }
}

/** Joins bytes with bytes, and else as text. */
const join: ResolveSignature = (types, literals) => {
  if (types.length !== 2) return null
  if (!types.every((type) => typesEqual(type, BINARY))) return joinText(types, literals)
  return { parameters: types, result: BINARY }
}

export const TEXT = {
  lower: toText,
  upper: toText,
  trim: trimming,
  ltrim: trimming,
  rtrim: trimming,
  length: byOverloads([overload([UTF8], INT64)]),
  byteLength: (types) =>
    types.length === 1 && typesEqual(types[0], BINARY)
      ? { parameters: [BINARY], result: INT64 }
      : byOverloads([overload([UTF8], INT64)])(types, []),
  substring: byOverloads([overload([UTF8, INT64], UTF8), overload([UTF8, INT64, INT64], UTF8)]),
  concat: joinText,
  concatOperator: join,
  replace: byOverloads([overload([UTF8, UTF8, UTF8], UTF8)]),
  like: pattern,
  ilike: pattern,
  startsWith: search,
  endsWith: search,
  contains: search,
  position: byOverloads([overload([UTF8, UTF8], INT64)]),
  left: cut,
  right: cut,
  lpad: padding,
  rpad: padding,
  reverse: toText,
  repeat: cut,
} as const satisfies Record<string, ResolveSignature>
