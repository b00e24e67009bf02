/**
 * How types are stored in SQLite, and what its columns are read as.
 *
 * SQLite keeps 64-bit integers, doubles, texts and blobs. All others are texts, as ISO 8601 and JSON have them; their
 * columns are declared so that SQLite does not take such a text for a number ("Determination Of Column Affinity").
 */

import { VolleyError } from '../../../planner/errors.js'
import { parseTypeName } from '../../../planner/type-names.js'
import { BINARY, type DataType, FLOAT64, INT64, typeName, UTF8 } from '../../../planner/types.js'

/** What a column is declared as in a table that volley makes. */
export function declaredType(type: DataType): string {
  switch (type.kind) {
    case 'int':
      // Beyond the integers of SQLite.
      return !type.signed && type.bits === 64 ? 'DECIMAL_TEXT(20,0)' : typeName(type)
    case 'decimal':
      return `DECIMAL_TEXT(${type.precision},${type.scale})`
    case 'duration':
      return 'BIGINT'
    case 'timestamp':
      return type.zone === null ? typeName(type) : `TIMESTAMPTZ_TEXT_${type.unit.toUpperCase()}`
    case 'list':
    case 'struct':
    case 'map':
      return 'JSON'
    case 'null':
    case 'utf8':
    case 'interval':
      return 'TEXT'
    case 'bool':
    case 'float':
    case 'binary':
    case 'date':
    case 'time':
      return typeName(type)
  }
}

/**
 * What the values of a column are read as by its declaration; null where the values have to tell. That is so of BLOB, too: it
 * is what views have for columns without a declaration.
 */
export function typeOfDeclaration(declaration: string): DataType | null {
  const zoned = /^TIMESTAMPTZ_TEXT_(S|MS|US|NS)$/i.exec(declaration)
  if (zoned !== null) return parseTypeName(`timestamp(${zoned[1].toLowerCase()}, UTC)`)
  const named = namedType(declaration.replace(/_TEXT\b/i, ''))
  switch (named?.kind) {
    case 'bool':
    case 'date':
    case 'time':
    case 'timestamp':
      return named
    case 'decimal':
      return /\(/.test(declaration) ? named : null
    default:
      return typeOfAffinity(declaration.toUpperCase())
  }
}

/** By what SQLite's `typeof` says of some values; null if they have no type in common. */
export function typeOfValues(kinds: readonly string[], declaration: string): DataType | null {
  const present = new Set(kinds.filter((kind) => kind !== 'null'))
  if (present.size === 0) return /BLOB/i.test(declaration) ? BINARY : UTF8
  if ([...present].every((kind) => kind === 'integer' || kind === 'real')) return present.has('real') ? FLOAT64 : INT64
  if (present.size > 1) return null
  return present.has('blob') ? BINARY : UTF8
}

function typeOfAffinity(declaration: string): DataType | null {
  if (declaration.includes('INT')) return INT64
  if (/CHAR|CLOB|TEXT/.test(declaration)) return UTF8
  return /REAL|FLOA|DOUB/.test(declaration) ? FLOAT64 : null
}

function namedType(text: string): DataType | null {
  try {
    return parseTypeName(text)
  } catch (error) {
    if (error instanceof VolleyError) return null
    throw error
  }
}
