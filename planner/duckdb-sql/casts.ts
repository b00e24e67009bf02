/** Casts. Most are DuckDB's own, on which ours were modelled; the rest is for types that it holds as counts. */

import { isHugeint } from '../functions.js'
import { type DataType, TIMESTAMP, type TimeUnit, timestamp, typeName, typesEqual } from '../types.js'
import { NoSql } from './no-sql.js'
import { duckDbType, expressionType, isHeldAsCount } from './types.js'

type Timestamp = Extract<DataType, { kind: 'timestamp' }>
type Time = Extract<DataType, { kind: 'time' }>

/** `argument`, the SQL of a value of type `from`, as one of type `to`. @throws NoSql. */
export function sqlOfCast(argument: string, from: DataType, to: DataType, tolerant: boolean): string {
  if (typesEqual(from, to)) return argument
  if (from.kind === 'null') return `CAST(NULL AS ${expressionType(to)})`
  if (from.kind === 'list' || from.kind === 'struct' || from.kind === 'map') throw noCast(from, to)
  if (from.kind === 'interval' || to.kind === 'interval') throw noCast(from, to)
  if (from.kind === 'duration' || to.kind === 'duration') throw noCast(from, to)
  if (from.kind === 'timestamp' && to.kind === 'timestamp') return betweenTimestamps(argument, from, to, tolerant)
  if (isHeldAsCount(from)) return ofUtc(argument, from, to, tolerant)
  if (isHeldAsCount(to) && from.kind !== 'date') throw noCast(from, to)
  if (to.kind === 'time') return toTime(argument, from, to, tolerant)
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

/** From a timestamp with a zone that DuckDB holds without. */
function ofUtc(argument: string, from: DataType, to: DataType, tolerant: boolean): string {
  if (from.kind !== 'timestamp' || from.unit === 'ns') throw noCast(from, to)
  const zoned = timestamp('us', from.zone)
  return sqlOfCast(sqlOfCast(argument, from, zoned, false), zoned, to, tolerant)
}

const NANOS: Record<TimeUnit, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n }

/** Clocks of timestamps are cut, as are nanoseconds; times are rounded to coarser units. */
function toTime(argument: string, from: DataType, to: Time, tolerant: boolean): string {
  if (from.kind === 'timestamp') {
    const clock = `CAST(${sqlOfCast(argument, from, TIMESTAMP, false)} AS TIME)`
    return to.unit === 's' || to.unit === 'ms' ? wholeUnits(`epoch_us(${clock})`, to.unit) : inUnit(clock, to)
  }
  if (from.kind !== 'time') {
    if (to.unit === 's' || to.unit === 'ms') throw noCast(from, to)
    return plainCast(argument, expressionType(to), tolerant)
  }
  if (NANOS[from.unit] >= NANOS[to.unit]) return inUnit(argument, to)
  const micros = from.unit === 'ns' ? `(epoch_ns(${argument}) // 1000)` : `epoch_us(${argument})`
  return wholeUnits(`${micros} + ${NANOS[to.unit] / 2000n}`, to.unit)
}

/** The same time in a unit that is no coarser. */
function inUnit(clock: string, to: Time): string {
  return to.unit === 'ns' ? `CAST(${clock} AS TIME_NS)` : clock
}

/** The time of whole units, from microseconds. */
function wholeUnits(micros: string, unit: TimeUnit): string {
  const size = NANOS[unit] / 1000n
  return `(TIME '00:00:00' + to_microseconds((${micros}) // ${size} * ${size}))`
}
