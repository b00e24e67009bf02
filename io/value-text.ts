/** Values as text in the way of DuckDB's casts to VARCHAR, nested ones included. */

import { unreachable } from '../planner/errors.js'
import type { ScalarValue } from '../planner/expression.js'
import type { DataType } from '../planner/types.js'
import {
  formatBlob,
  formatDate,
  formatDecimal,
  formatDuration,
  formatFloat,
  formatTime,
  formatTimestamp,
} from './format-value.js'

/** The text of a value that is not null. */
export function formatValue(value: NonNullable<ScalarValue>, type: DataType): string {
  switch (type.kind) {
    case 'null':
    case 'bool':
    case 'int':
      return String(value)
    case 'float':
      return formatFloat(value as number, type.bits)
    case 'decimal':
      return formatDecimal(value as bigint, type.scale)
    case 'utf8':
      return value as string
    case 'binary':
      return formatBlob(value as Uint8Array)
    case 'date':
      return formatDate(value as number)
    case 'time':
      return formatTime(value as bigint, type.unit)
    case 'timestamp':
      return formatTimestamp(value as bigint, type.unit) + (type.zone === null ? '' : '+00')
    case 'duration':
      return formatDuration(value as bigint, type.unit)
    case 'interval':
      return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part))
    case 'list': {
      const elements = value as readonly ScalarValue[]
      return `[${elements.map((element) => formatNested(element, type.element.type)).join(', ')}]`
    }
    case 'struct': {
      const struct = value as Readonly<Record<string, ScalarValue>>
      return `{${type.fields.map((f) => `${quoted(f.name)}: ${formatNested(struct[f.name], f.type)}`).join(', ')}}`
    }
    case 'map': {
      const entries = [...(value as ReadonlyMap<ScalarValue, ScalarValue>)]
      const texts = entries.map(
        ([key, item]) => `${formatNested(key, type.key.type)}=${formatNested(item, type.value.type)}`,
      )
      return `{${texts.join(', ')}}`
    }
    default:
      return unreachable(type)
  }
}

function formatNested(value: ScalarValue, type: DataType): string {
  if (value === null) return 'NULL'
  const text = formatValue(value, type)
  return type.kind === 'utf8' && needsQuotes(text) ? quoted(text) : text
}

/** Text inside nested values that would read as something else. */
function needsQuotes(text: string): boolean {
  return text === '' || /^null$/i.test(text) || /^\s|\s$|["'(),:=[\]{}\\;]/.test(text)
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
