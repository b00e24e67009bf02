/** The names of types with types in them: `INTEGER[]`, `STRUCT(a INTEGER, "b c" VARCHAR[])`, `MAP(VARCHAR, DOUBLE)`. */

import { type DataType, type Field, field } from './types.js'

/** Angle brackets and colons, as Arrow prints them, are read too: `list<int32>`, `struct<a: int32>`. `flat` reads the rest. */
export function readTypeName(text: string, flat: (text: string) => DataType): DataType {
  const read = (part: string) => readTypeName(part, flat)
  const listed = /^(.*\S)\s*\[\d*\]\s*$/s.exec(text)
  if (listed !== null) return listOf(read(listed[1]))
  const nested = /^\s*(list|struct|map)\s*(?:\((.*)\)|<(.*)>)\s*$/is.exec(text)
  if (nested === null) return flat(text)
  const parts = splitParts(nested[2] ?? nested[3])
  switch (nested[1].toLowerCase()) {
    case 'list':
      return parts.length === 1 ? listOf(read(parts[0])) : flat(text)
    case 'map': {
      const [key, value] = parts
      if (parts.length !== 2) return flat(text)
      return { kind: 'map', key: field('key', read(key), false), value: field('value', read(value)) }
    }
    default: {
      const fields = parts.map((part) => readField(part, read))
      return fields.every((one) => one !== null) ? { kind: 'struct', fields } : flat(text)
    }
  }
}

function listOf(element: DataType): DataType {
  return { kind: 'list', element: field('item', element) }
}

/** Null for text that is no name and type. */
function readField(part: string, read: (text: string) => DataType): Field | null {
  const quoted = /^"((?:[^"]|"")*)"\s*:?\s*(.*)$/s.exec(part)
  if (quoted !== null) return field(quoted[1].replaceAll('""', '"'), read(quoted[2]))
  const plain = /^([^\s:]+)(?:\s*:\s*|\s+)(.*)$/s.exec(part)
  return plain === null ? null : field(plain[1], read(plain[2]))
}

/** Splits at commas outside of quotes and brackets. */
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
    else if ('([<'.includes(character)) depth++
    else if (')]>'.includes(character)) depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
