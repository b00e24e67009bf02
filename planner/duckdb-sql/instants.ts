/** Dates, times, timestamps and durations, as `types.ts` holds them, as counts of their units and back. */

import { UNITS_PER_SECOND } from '../calendar.js'
import { InternalError } from '../errors.js'
import { type DataType, type TimeUnit, typeName } from '../types.js'

/** A BIGINT: the units of `type` since 1970 or midnight, or those of a duration. */
export function unitsOf(type: DataType, value: string): string {
  switch (type.kind) {
    case 'date':
      return `(${value} - DATE '1970-01-01')`
    case 'duration':
      return value
    case 'time':
      return type.unit === 'ns' ? `epoch_ns(${value})` : `(epoch_us(${value}) // ${microsPer(type.unit)})`
    case 'timestamp':
      if (type.unit === 's') return `CAST(epoch(${value}) AS BIGINT)`
      return `epoch_${type.unit}(${value})`
    default:
      throw new InternalError(`${typeName(type)} has no units`)
  }
}

/** The value of so many units, a BIGINT. */
export function instantOf(type: DataType, units: string): string {
  switch (type.kind) {
    case 'date':
      return `(DATE '1970-01-01' + CAST(${units} AS INTEGER))`
    case 'duration':
      return units
    case 'time':
      if (type.unit === 'ns') return timeOfNanos(units)
      return `(TIME '00:00:00' + to_microseconds(${units} * ${microsPer(type.unit)}))`
    case 'timestamp':
      switch (type.unit) {
        case 's':
          return `CAST(make_timestamp(${units} * 1000000) AS TIMESTAMP_S)`
        case 'ms':
          return `make_timestamp_ms(${units})`
        case 'us':
          return type.zone === null ? `make_timestamp(${units})` : `make_timestamptz(${units})`
        case 'ns':
          return `make_timestamp_ns(${units})`
      }
      break
    default:
      throw new InternalError(`${typeName(type)} has no units`)
  }
}

function microsPer(unit: TimeUnit): bigint {
  return UNITS_PER_SECOND.us / UNITS_PER_SECOND[unit]
}

/** DuckDB makes no TIME_NS of a number. */
function timeOfNanos(units: string): string {
  const second = `${units} // 1000000000`
  const parts = [`${second} // 3600`, `${second} // 60 % 60`, `${second} % 60`, `${units} % 1000000000`]
  return `CAST(format('{:02d}:{:02d}:{:02d}.{:09d}', ${parts.join(', ')}) AS TIME_NS)`
}
