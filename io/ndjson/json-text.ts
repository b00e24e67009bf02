/** Values as JSON text, exact for every type of number. */

import { unreachable } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { formatDate, formatTime, formatTimestamp } from '../../planner/format-literal.js'
import { formatDecimal } from '../../planner/integers.js'
import type { DataType } from '../../planner/types.js'
import { formatDuration, formatFloat, formatValue } from '../value-text.js'

/**
 * 64-bit integers and decimals are JSON numbers with all their digits; NaN and infinities are null. Dates, times and
 * timestamps are ISO 8601 text, in UTC with a `Z` if the type has a zone; BLOBs are base64; maps are objects.
 */
export function jsonText(value: ScalarValue, type: DataType): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'null':
    case 'bool':
    case 'int':
      return String(value)
    case 'float':
      return Number.isFinite(value) ? formatFloat(value as number, type.bits) : 'null'
    case 'decimal':
      return formatDecimal(value as bigint, type.scale)
    case 'utf8':
      return JSON.stringify(value)
    case 'binary':
      return `"${Buffer.from(value as Uint8Array).toString('base64')}"`
    case 'date':
      return `"${formatDate(value as number)}"`
    case 'time':
      return `"${formatTime(value as bigint, type.unit)}"`
    case 'timestamp':
      return `"${formatTimestamp(value as bigint, type.unit, 'T')}${type.zone === null ? '' : 'Z'}"`
    case 'duration':
      return `"${formatDuration(value as bigint, type.unit)}"`
    case 'interval':
      return JSON.stringify(formatValue(value, type))
    case 'list': {
      const elements = value as readonly ScalarValue[]
      return `[${elements.map((element) => jsonText(element, type.element.type)).join(',')}]`
    }
    case 'struct': {
      const struct = value as Readonly<Record<string, ScalarValue>>
      return `{${type.fields.map((f) => `${JSON.stringify(f.name)}:${jsonText(struct[f.name], f.type)}`).join(',')}}`
    }
    case 'map': {
      const entries = [...(value as ReadonlyMap<ScalarValue, ScalarValue>)]
      return `{${entries.map(([key, item]) => `${keyText(key, type.key.type)}:${jsonText(item, type.value.type)}`).join(',')}}`
    }
    default:
      return unreachable(type)
  }
}

function keyText(key: ScalarValue, type: DataType): string {
  return JSON.stringify(key === null ? 'null' : formatValue(key, type))
}
