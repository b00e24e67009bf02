/** Reads the types of columns as DuckDB writes them: `STRUCT(a INTEGER, "b c" VARCHAR[])`. */

import { VolleyError } from '../../planner/errors.js'
import { parseTypeName } from '../../planner/type-names.js'
import { type DataType, type Field, field, UTF8 } from '../../planner/types.js'

/** The type that values are best read as. Those without an equivalent (INTERVAL, UUID, ENUM, ...) are read as text. */
export function typeOfText(text: string): DataType {
  const inner = elementText(text)
  if (inner !== null) return { kind: 'list', element: field('item', typeOfText(inner)) }
  const nested = /^(STRUCT|MAP)\((.*)\)$/s.exec(text)
  if (nested === null) return flatType(text)
  const parts = splitParts(nested[2])
  if (nested[1] === 'STRUCT') return { kind: 'struct', fields: parts.map(fieldOfText) }
  const [key, value] = parts
  return { kind: 'map', key: field('key', typeOfText(key), false), value: field('value', typeOfText(value)) }
}

function flatType(text: string): DataType {
  try {
    const type = parseTypeName(text)
    return type.kind === 'interval' ? UTF8 : type
  } catch (error) {
    if (error instanceof VolleyError) return UTF8
    throw error
  }
}

/** What stands before a final `[]` or `[3]`. */
function elementText(text: string): string | null {
  return /^(.*)\[\d*\]$/s.exec(text)?.[1] ?? null
}

function fieldOfText(part: string): Field {
  const quoted = /^"((?:[^"]|"")*)" (.*)$/s.exec(part)
  if (quoted !== null) return field(quoted[1].replaceAll('""', '"'), typeOfText(quoted[2]))
  const space = part.indexOf(' ')
  return field(part.slice(0, space), typeOfText(part.slice(space + 1)))
}

/** Splits at commas outside of quotes and parentheses. */
function splitParts(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quote = ''
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
