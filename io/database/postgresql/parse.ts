/** Reads values as PostgreSQL writes them in text, with dates in ISO style, bytes in hexadecimal and times in UTC. */

import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType, Field } from '../../../planner/types.js'
import { typeName } from '../../../planner/types.js'
import { describeValue } from '../../describe-value.js'
import { parseExactJson } from '../../ndjson/exact-json.js'
import { parseFloat64, parseInteger } from '../../parse-value.js'
import { toScalar, ValueMismatch } from '../../records/convert.js'

/** Throws VOLLEY_BAD_RECORD for a value that the field's type cannot hold. */
export function fromPostgresql(text: string | null, { name, type }: Field, row: number, source: string): ScalarValue {
  if (text === null) return null
  try {
    return toScalar(parsed(text, type), type)
  } catch (error) {
    if (!(error instanceof ValueMismatch) && !(error instanceof SyntaxError)) throw error
    const expected = typeName(type)
    const actual = describeValue(text)
    const message = `${source}, column ${name}, row ${row}: expected ${expected}, got ${actual}; give a schema or cast it`
    throw new VolleyError('VOLLEY_BAD_RECORD', message, { column: name, row, expected, actual }, error)
  }
}

/** What `toScalar` takes. */
function parsed(text: string, type: DataType): unknown {
  switch (type.kind) {
    case 'bool':
      return text === 't' ? true : text === 'f' ? false : text
    case 'int':
    case 'duration':
      return parseInteger(text) ?? text
    case 'float':
      return parseFloat64(text) ?? text
    case 'binary':
      return text.startsWith('\\x') ? Uint8Array.from(Buffer.from(text.slice(2), 'hex')) : text
    case 'date':
    case 'timestamp':
      return commonEra(text)
    case 'list':
      return text.startsWith('{') ? parseArray(text).map((item) => item && parsed(item, type.element.type)) : json(text)
    case 'struct':
      return json(text)
    case 'map':
      return new Map(Object.entries(json(text) as object))
    case 'null':
    case 'decimal':
    case 'utf8':
    case 'time':
    case 'interval':
      return text
  }
}

function json(text: string): unknown {
  return parseExactJson(text)
}

/** Years before Christ as astronomers count them: 44 BC is -43. */
function commonEra(text: string): string {
  const match = /^(\d+)(-.*) BC$/.exec(text)
  return match === null
    ? text
    : `-${String(Number(match[1]) - 1).padStart(4, '0')}${match[2]}`.replace(/^-0000-/, '0000-')
}

/** The elements of an array of one dimension: `{1,NULL,"a \"b\""}`. Throws ValueMismatch for more dimensions. */
function parseArray(text: string): (string | null)[] {
  const elements: (string | null)[] = []
  let at = 1
  while (at < text.length && text[at] !== '}') {
    if (text[at] === '{') throw new ValueMismatch('an array of one dimension', describeValue(text))
    let element = ''
    if (text[at] === '"') {
      for (at++; text[at] !== '"'; at++) {
        if (text[at] === '\\') at++
        element += text[at]
      }
      at++
      elements.push(element)
    } else {
      for (; text[at] !== ',' && text[at] !== '}'; at++) element += text[at]
      elements.push(element === 'NULL' ? null : element)
    }
    if (text[at] === ',') at++
  }
  return elements
}
