/** Casts. Most are DuckDB's own, on which ours were modelled; the rest is for types that it holds as counts. */

import { UNITS_PER_SECOND } from '../calendar.js'
import { isHugeint } from '../functions.js'
import { type DataType, TIMESTAMP, time, timestamp, typesEqual } from '../types.js'
import { noEqual } from './no-sql.js'
import { duckDbType, expressionType, isHeldAsCount } from './types.js'

type Timestamp = Extract<DataType, { kind: 'timestamp' }>

/** `argument`, the SQL of a value of type `from`, as one of type `to`. @throws NoSql. */
export function sqlOfCast(argument: string, from: DataType, to: DataType, tolerant: boolean): string {
  if (typesEqual(from, to)) return argument
  if (from.kind === 'null') return `CAST(NULL AS ${expressionType(to)})`
  if (from.kind === 'list' || from.kind === 'struct' || from.kind === 'map') throw noEqual('a cast', from)
  if (from.kind === 'interval' || to.kind === 'interval') throw noEqual(`a cast to ${expressionType(to)}`, from)
  if (from.kind === 'duration' || to.kind === 'duration') throw noEqual(`a cast to ${expressionType(to)}`, from)
  if (from.kind === 'timestamp' && to.kind === 'timestamp') return betweenTimestamps(argument, from, to, tolerant)
  if (isHeldAsCount(from)) return ofCount(argument, from, to, tolerant)
  if (isHeldAsCount(to)) return toCount(argument, from, to, tolerant)
  if (isHugeint(to) && from.kind !== 'int' && from.kind !== 'bool') {
    // Decimals round half away from zero, which HUGEINT does not, and have 38 digits.
    return `CAST(${plainCast(argument, 'DECIMAL(38,0)', tolerant)} AS HUGEINT)`
  }
  return plainCast(argument, expressionType(to), tolerant)
}

function plainCast(argument: string, type: string, tolerant: boolean): string {
  return `${tolerant ? 'TRY_CAST' : 'CAST'}(${argument} AS ${type})`
}

/** Without a zone, or in UTC, the count of units is the same. */
function betweenTimestamps(argument: string, from: Timestamp, to: Timestamp, tolerant: boolean): string {
  const bare = expressionType(from) === ZONED ? `CAST(${argument} AS TIMESTAMP)` : argument
  const cast = from.unit === to.unit ? bare : plainCast(bare, expressionType(timestamp(to.unit, null)), tolerant)
  if (expressionType(to) !== ZONED) return cast
  return expressionType(from) === ZONED ? argument : `CAST(${cast} AS ${ZONED})`
}

const ZONED = duckDbType(timestamp('us', 'UTC'))

function ofCount(argument: string, from: DataType, to: DataType, tolerant: boolean): string {
  if (from.kind === 'time') return sqlOfCast(clockOf(argument, from), time('us'), to, tolerant)
  if (from.kind !== 'timestamp' || from.unit === 'ns') throw noEqual(`a cast to ${expressionType(to)}`, from)
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
    throw noEqual(`a cast to ${expressionType(to)}`, from)
  }
  const divisor = 1_000_000n / UNITS_PER_SECOND[to.unit]
  if (from.kind === 'time') {
    if (from.unit === 'ns') throw noEqual('a cast to whole units', from)
    return `CAST((epoch_us(${argument}) + ${divisor / 2n}) // ${divisor} AS INTEGER)`
  }
  const clock = `CAST(${sqlOfCast(argument, from, TIMESTAMP, false)} AS TIME)`
  return `CAST(epoch_us(${clock}) // ${divisor} AS INTEGER)`
}
