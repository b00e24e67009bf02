/** A value outside of a vector as the text that SQL casts it to. */

import {
  formatBlob,
  formatDate,
  formatDecimal,
  formatDuration,
  formatFloat,
  formatTime,
  formatTimestamp,
} from '../../io/format-value.js'
import type { ScalarValue } from '../../planner/expression.js'
import type { DataType } from '../../planner/types.js'
import { jsonLine } from './json.js'

export function valueText(value: ScalarValue, type: DataType): string {
  if (value === null) return 'NULL'
  switch (type.kind) {
    case 'float':
      return formatFloat(value as number, type.bits)
    case 'decimal':
      return formatDecimal(value as bigint, type.scale)
    case 'date':
      return formatDate(value as number)
    case 'time':
      return formatTime(value as bigint, type.unit)
    case 'timestamp':
      return `${formatTimestamp(value as bigint, type.unit)}${type.zone === null ? '' : '+00'}`
    case 'duration':
      return formatDuration(value as bigint, type.unit)
    case 'binary':
      return formatBlob(value as Uint8Array)
    case 'null':
    case 'bool':
    case 'int':
    case 'utf8':
      return String(value)
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      return jsonLine(value).trimEnd()
  }
}
