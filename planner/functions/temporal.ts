/** Types of functions on dates and times, and the names of the units they take. */

import { DATE, type DataType, FLOAT64, INT64, TIMESTAMP, time, timestamp, UTF8 } from '../types.js'
import type { ResolveSignature } from './definition.js'
import type { ScalarName } from './names.js'
import { byOverloads, type Overload, overload } from './overloads.js'

export type DateUnit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'

const UNIT_SPELLINGS: Record<DateUnit, readonly string[]> = {
  microsecond: ['microsecond', 'microseconds', 'us', 'usec', 'usecs', 'usecond', 'useconds'],
  millisecond: ['millisecond', 'milliseconds', 'ms', 'msec', 'msecs'],
  second: ['second', 'seconds', 's', 'sec', 'secs'],
  minute: ['minute', 'minutes', 'm', 'min', 'mins'],
  hour: ['hour', 'hours', 'h', 'hr', 'hrs'],
  day: ['day', 'days', 'd', 'dayofmonth'],
  week: ['week', 'weeks', 'w', 'weekofyear'],
  month: ['month', 'months', 'mon', 'mons'],
  quarter: ['quarter', 'quarters'],
  year: ['year', 'years', 'y', 'yr', 'yrs'],
  decade: ['decade', 'decades', 'dec', 'decs'],
  century: ['century', 'centuries', 'cent', 'c'],
  millennium: ['millennium', 'millennia', 'millenium', 'mil', 'mils'],
}

const UNITS = new Map(
  Object.entries(UNIT_SPELLINGS).flatMap(([unit, spellings]) => spellings.map((one) => [one, unit as DateUnit])),
)

/** The unit that `dateTrunc` and `dateDiff` call by this name, in any case, or null. */
export function dateUnit(name: string): DateUnit | null {
  return UNITS.get(name.toLowerCase()) ?? null
}

const PART_FUNCTIONS: Readonly<Record<string, ScalarName>> = {
  dayofweek: 'dayOfWeek',
  weekday: 'dayOfWeek',
  dow: 'dayOfWeek',
  isodow: 'isoDayOfWeek',
  dayofyear: 'dayOfYear',
  doy: 'dayOfYear',
  epoch: 'epoch',
}

/** The function that `date_part(name, x)` and `extract(name from x)` mean, or null. */
export function datePartFunction(name: string): ScalarName | null {
  const unit = dateUnit(name)
  if (unit === 'decade' || unit === 'century' || unit === 'millennium') return null
  return unit ?? PART_FUNCTIONS[name.toLowerCase()] ?? null
}

const ZONED = timestamp('us', 'UTC')
const TIME = time('us')
const INSTANTS: readonly DataType[] = [DATE, TIMESTAMP, ZONED]

const each = (types: readonly DataType[], result: DataType): Overload[] => types.map((type) => overload([type], result))
const calendarPart = byOverloads(each(INSTANTS, INT64))
const clockPart = byOverloads(each([...INSTANTS, TIME], INT64))

/** Requires the first argument to be the constant name of a unit. */
function withUnit(resolve: ResolveSignature): ResolveSignature {
  return (types, literals) => {
    const [unit] = literals
    return typeof unit === 'string' && dateUnit(unit) !== null ? resolve(types, literals) : null
  }
}

export const TEMPORAL = {
  year: calendarPart,
  month: calendarPart,
  day: calendarPart,
  hour: clockPart,
  minute: clockPart,
  second: clockPart,
  millisecond: clockPart,
  microsecond: clockPart,
  quarter: calendarPart,
  dayOfWeek: calendarPart,
  isoDayOfWeek: calendarPart,
  dayOfYear: calendarPart,
  week: calendarPart,
  epoch: byOverloads(each([...INSTANTS, TIME], FLOAT64)),
  dateTrunc: withUnit(
    byOverloads([
      overload([UTF8, DATE], TIMESTAMP),
      overload([UTF8, TIMESTAMP], TIMESTAMP),
      overload([UTF8, ZONED], ZONED),
    ]),
  ),
  dateDiff: withUnit(byOverloads(INSTANTS.map((type) => overload([UTF8, type, type], INT64)))),
  makeDate: byOverloads([overload([INT64, INT64, INT64], DATE)]),
  lastDay: byOverloads(each(INSTANTS, DATE)),
} as const satisfies Record<string, ResolveSignature>
