/** Casts. Most are DuckDB's own, on which ours were modelled; the rest is for types that it holds as counts. */

import { UNITS_PER_SECOND } from '../calendar.js'
import { isHugeint } from '../functions.js'
import { type DataType, TIMESTAMP, time, timestamp, typeName, typesEqual } from '../types.js'
import { NoSql } from './no-sql.js'
import { duckDbType, expressionType, isHeldAsCount } from './types.js'

type Timestamp = Extract<DataType, { kind: 'timestamp' }>

/** `argument`, the SQL of a value of type `from`, as one of type `to`. @throws NoSql. */
export function sqlOfCast(argument: string, from: DataType, to: DataType, tolerant: boolean): string {
  if (typesEqual(from, to)) return argument
  if (from.kind === 'null') return `CAST(NULL AS ${expressionType(to)})`
  if (from.kind === 'list' || from.kind === 'struct' || from.kind === 'map') throw noCast(from, to)
  if (from.kind === 'interval' || to.kind === 'interval') throw noCast(from, to)
  if (from.kind === 'duration' || to.kind === 'duration') throw noCast(from, to)
  if (from.kind === 'timestamp' && to.kind === 'timestamp') return betweenTimestamps(argument, from, to, tolerant)
  if (isHeldAsCount(from)) return ofCount(argument, from, to, tolerant)
  if (isHeldAsCount(to)) return toCount(argument, from, to, tolerant)
  if (to.kind === 'time' && from.kind === 'timestamp') {
    return sqlOfCast(clockOfTimestamp(argument, from), time('us'), to, tolerant)
  }
  if (from.kind === 'time' && from.unit === 'ns' && to.kind === 'time' && to.unit === 'us') {
    // Cut; DuckDB would round.
    return `(TIME '00:00:00' + to_microseconds(epoch_ns(${argument}) // 1000))`
  }
  if (isHugeint(to) && from.kind !== 'int' && from.kind !== 'bool') {
    // Decimals round half away from zero, which HUGEINT does not, and have 38 digits.
    return `CAST(${plainCast(argument, 'DECIMAL(38,0)', tolerant)} AS HUGEINT)`
  }
  return plainCast(argument, expressionType(to), tolerant)
}

function noCast(from: DataType, to: DataType): NoSql {
  return new NoSql(`the cast from ${typeName(from)} to ${typeName(to)} has no equal in DuckDB`)
}

function plainCast(argument: string, type: string, tolerant: boolean): string {
  return `${tolerant ? 'TRY_CAST' : 'CAST'}(${argument} AS ${type})`
}

/** Without a zone, or in UTC, the count of units is the same. Not all units have casts but through microseconds. */
function betweenTimestamps(argument: string, from: Timestamp, to: Timestamp, tolerant: boolean): string {
  const bare = expressionType(from) === ZONED ? `CAST(${argument} AS TIMESTAMP)` : argument
  const micros = from.unit === to.unit || from.unit === 'us' ? bare : plainCast(bare, 'TIMESTAMP', tolerant)
  const cast = from.unit === to.unit ? bare : plainCast(micros, expressionType(timestamp(to.unit, null)), tolerant)
  if (expressionType(to) !== ZONED) return cast
  return expressionType(from) === ZONED ? argument : `CAST(${cast} AS ${ZONED})`
}

const ZONED = duckDbType(timestamp('us', 'UTC'))

function ofCount(argument: string, from: DataType, to: DataType, tolerant: boolean): string {
  if (from.kind === 'time') return sqlOfCast(clockOf(argument, from), time('us'), to, tolerant)
  if (from.kind !== 'timestamp' || from.unit === 'ns') throw noCast(from, to)
  const zoned = timestamp('us', from.zone)
  return sqlOfCast(sqlOfCast(argument, from, zoned, false), zoned, to, tolerant)
}

function clockOf(argument: string, { unit }: Extract<DataType, { kind: 'time' }>): string {
  return `(TIME '00:00:00' + to_microseconds(CAST(${argument} AS BIGINT) * ${1_000_000n / UNITS_PER_SECOND[unit]}))`
}

/** Times are rounded to coarser units, clocks of timestamps cut. */
function toCount(argument: string, from: DataType, to: DataType, tolerant: boolean): string {
  if (to.kind === 'timestamp' && from.kind === 'date') {
    return plainCast(argument, expressionType(to), tolerant)
  }
  if (to.kind !== 'time' || (from.kind !== 'time' && from.kind !== 'timestamp')) {
    throw noCast(from, to)
  }
  const divisor = 1_000_000n / UNITS_PER_SECOND[to.unit]
  if (from.kind === 'timestamp') return `CAST(epoch_us(${clockOfTimestamp(argument, from)}) // ${divisor} AS INTEGER)`
  if (from.unit === 'ns') throw noCast(from, to)
  return `CAST((epoch_us(${argument}) + ${divisor / 2n}) // ${divisor} AS INTEGER)`
}

function clockOfTimestamp(argument: string, from: Timestamp): string {
  return `CAST(${sqlOfCast(argument, from, TIMESTAMP, false)} AS TIME)`
}
