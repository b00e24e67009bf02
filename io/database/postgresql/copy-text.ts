/** Rows in the text format of PostgreSQL's COPY ("File Formats"). */

import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { formatDate, formatTime, formatTimestamp } from '../../../planner/format-literal.js'
import { formatDecimal } from '../../../planner/integers.js'
import type { DataType, Field } from '../../../planner/types.js'
import type { Batch, MemoryViews } from '../../batch.js'
import { jsonText } from '../../ndjson/json-text.js'
import { formatValue } from '../../value-text.js'
import { readValue } from '../../values.js'
import { isElement } from './types.js'

const NULL = '\\N'
/** Characters of rows that are sent at once. */
const CHUNK_CHARACTERS = 64 << 10

/** The rows of a batch, their numbers first. Throws VOLLEY_BAD_RECORD for nanoseconds that PostgreSQL would round. */
export function* copyText(memory: MemoryViews, batch: Batch, firstRow: number, table: string): Generator<string> {
  const { fields } = batch.schema
  let text = ''
  for (let row = 0; row < batch.length; row++) {
    text += firstRow + row
    for (const [index, own] of fields.entries()) {
      const value = readValue(memory, batch.columns[index], row)
      text += `\t${value === null ? NULL : escaped(textOf(value, own.type, () => located(own, firstRow + row, table)))}`
    }
    text += '\n'
    if (text.length >= CHUNK_CHARACTERS) {
      yield text
      text = ''
    }
  }
  if (text !== '') yield text
}

function escaped(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]) : text
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function textOf(value: NonNullable<ScalarValue>, type: DataType, tooFine: () => VolleyError): string {
  switch (type.kind) {
    case 'bool':
      return value === true ? 't' : 'f'
    case 'float':
      return floatText(value as number)
    case 'decimal':
      return formatDecimal(value as bigint, type.scale)
    case 'binary':
      return `\\x${Buffer.from(value as Uint8Array).toString('hex')}`
    case 'date':
      return era(formatDate(value as number))
    case 'time':
      if (type.unit === 'ns' && (value as bigint) % 1000n !== 0n) throw tooFine()
      return formatTime(value as bigint, type.unit)
    case 'timestamp':
      if (type.unit === 'ns' && (value as bigint) % 1000n !== 0n) throw tooFine()
      return era(formatTimestamp(value as bigint, type.unit), type.zone === null ? '' : '+00')
    case 'list': {
      if (!isElement(type.element.type)) return jsonText(value, type)
      const elements = value as readonly ScalarValue[]
      const texts = elements.map((one) => (one === null ? 'NULL' : quoted(textOf(one, type.element.type, tooFine))))
      return `{${texts.join(',')}}`
    }
    case 'struct':
    case 'map':
      return jsonText(value, type)
    case 'null':
    case 'int':
    case 'utf8':
    case 'duration':
      return String(value)
    case 'interval':
      return formatValue(value, type)
  }
}

function floatText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}

/** Years before Christ have their mark behind everything else. */
function era(text: string, zone = ''): string {
  return text.includes(' (BC)') ? `${text.replace(' (BC)', '')}${zone} BC` : text + zone
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function located({ name }: Field, row: number, table: string): VolleyError {
  return new VolleyError(
    'VOLLEY_BAD_RECORD',
    `table ${table}, column ${name}, row ${row}: PostgreSQL keeps microseconds, and would round the nanoseconds`,
    { table, column: name, row },
  )
}
