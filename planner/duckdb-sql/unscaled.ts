/** Decimals as their unscaled integers and back: 1.25 as 125. */

import { powerOfTen } from '../integers.js'
import type { DataType } from '../types.js'

type DecimalType = Extract<DataType, { kind: 'decimal' }>

const MAX_PRECISION = 38

/** The HUGEINT of a decimal; null for one that DuckDB cannot compute: of a scale above 19, or of more than 38 digits. */
export function unscaled({ precision, scale }: DecimalType, value: string): string {
  if (scale === 0) return `CAST(${value} AS HUGEINT)`
  if (2 * scale > MAX_PRECISION) return 'CAST(NULL AS HUGEINT)'
  const unit = powerOfTen(scale)
  const shifted = (part: string) =>
    `CAST(CAST(${part} AS DECIMAL(${MAX_PRECISION},${scale})) * CAST(${unit} AS DECIMAL(${scale + 1},0)) AS HUGEINT)`
  if (precision + scale <= MAX_PRECISION) return shifted(value)
  // The digits on both sides of the point, as there is no room for all of them to move.
  const whole = `trunc(${value})`
  const joined = `CAST(${whole} AS HUGEINT) * ${unit} + ${shifted(`${value} - ${whole}`)}`
  return (
    `CASE WHEN abs(${value}) < ${powerOfTen(MAX_PRECISION - 2 * scale)} THEN ${shifted(value)}` +
    ` WHEN abs(${whole}) < ${powerOfTen(MAX_PRECISION - scale)} THEN ${joined} END`
  )
}

/** The decimal of a HUGEINT. */
export function scaled({ precision, scale }: DecimalType, units: string): string {
  if (scale === 0) return `CAST(${units} AS DECIMAL(${precision},0))`
  const unit = `CAST('1e-${scale}' AS DECIMAL(${scale + 1},${scale}))`
  return `CAST(CAST(${units} AS DECIMAL(${MAX_PRECISION},0)) * ${unit} AS DECIMAL(${precision},${scale}))`
}
