/** Decimals as their unscaled integers and back: 1.25 as 125. */

import { powerOfTen } from '../integers.js'
import type { DataType } from '../types.js'

type DecimalType = Extract<DataType, { kind: 'decimal' }>

const MAX_PRECISION = 38

/** The HUGEINT of a decimal; null for one that DuckDB cannot compute: of more digits before its point than 38 - 2 × scale. */
export function unscaled({ precision, scale }: DecimalType, value: string): string {
  if (scale === 0) return `CAST(${value} AS HUGEINT)`
  const digits = MAX_PRECISION - 2 * scale
  if (digits <= 0) return 'CAST(NULL AS HUGEINT)'
  const factor = `CAST(${powerOfTen(scale)} AS DECIMAL(${scale + 1},0))`
  const shifted = `CAST(CAST(${value} AS DECIMAL(${MAX_PRECISION},${scale})) * ${factor} AS HUGEINT)`
  return precision - scale <= digits ? shifted : `CASE WHEN abs(${value}) < ${powerOfTen(digits)} THEN ${shifted} END`
}

/** The decimal of a HUGEINT. */
export function scaled({ precision, scale }: DecimalType, units: string): string {
  if (scale === 0) return `CAST(${units} AS DECIMAL(${precision},0))`
  const unit = `CAST('1e-${scale}' AS DECIMAL(${scale + 1},${scale}))`
  return `CAST(CAST(${units} AS DECIMAL(${MAX_PRECISION},0)) * ${unit} AS DECIMAL(${precision},${scale}))`
}
