/** A value outside of a vector as the text that SQL casts it to; nested ones as JSON. */

import { formatValue } from '../../../io/value-text.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { type DataType, isNested } from '../../../planner/types.js'
import { jsonLine } from './json.js'

export function valueText(value: ScalarValue, type: DataType): string {
  if (value === null) return 'NULL'
  return isNested(type) ? jsonLine(value).trimEnd() : formatValue(value, type)
}
