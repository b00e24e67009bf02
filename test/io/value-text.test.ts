import fc from 'fast-check'
import { parseDate, parseDecimal, parseFloat64, parseInteger, parseTime, parseTimestamp } from '../../io/parse-value.js'
import { formatFloat, formatValue } from '../../io/value-text.js'
import { civilOf, daysOf } from '../../planner/calendar.js'
import { formatDate, formatTimestamp } from '../../planner/format-literal.js'
import { formatDecimal } from '../../planner/integers.js'
import { type DataType, decimal, duration, field, INTERVAL, UTF8 } from '../../planner/types.js'
import { describe, expect, it } from '../support/jest.js'

const settings = { seed: 7, numRuns: 500 }

describe('text of values', () => {
  it('gives dates back, as the calendar of Date has them', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 100_000_000 }), (days) => {
        const { year, month, day } = civilOf(days)
        expect(new Date(days * 86_400_000).toISOString()).toContain(
          `-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T`,
        )
        expect(daysOf(year, month, day)).toBe(days)
        expect(parseDate(formatDate(days))).toBe(days)
      }),
      settings,
    )
    expect(formatDate(-719_163)).toBe('0001-12-31 (BC)')
    expect(formatTimestamp(-719_163n * 86_400n + 36_000n, 's')).toBe('0001-12-31 (BC) 10:00:00')
  })

  it('gives timestamps, decimals and floats back', () => {
    const stamp = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 17n })
    fc.assert(
      fc.property(stamp, fc.constantFrom('s', 'ms', 'us', 'ns'), (units, unit) => {
        const scaled = unit === 's' ? units / 1_000_000n : unit === 'ms' ? units / 1000n : units
        expect(parseTimestamp(formatTimestamp(scaled, unit), unit)).toEqual({ units: scaled, hasZone: false })
      }),
      settings,
    )
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }),
        fc.integer({ min: 0, max: 38 }),
        (value, scale) => {
          expect(parseDecimal(formatDecimal(value, scale), 38, scale)).toBe(value)
        },
      ),
      settings,
    )
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(parseFloat64(formatFloat(value, 64))).toBe(value)
      }),
      settings,
    )
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(Math.fround(parseFloat64(formatFloat(value, 32)) ?? 0)).toBe(value)
      }),
      settings,
    )
  })

  it('is that of DuckDB for values in files', () => {
    expect(formatValue(-5n, decimal(1, 1))).toBe('-.5')
    expect(formatValue(366_000_000_000n, duration('us'))).toBe('4 days 05:40:00')
    expect(formatValue({ months: 14, days: -1, micros: 3_600_000_000n }, INTERVAL)).toBe(
      '1 year 2 months -1 day 01:00:00',
    )
    const times: DataType = { kind: 'list', element: field('element', { kind: 'time', unit: 's' }) }
    expect(formatValue([36_000n, null], times)).toBe("['10:00:00', NULL]")
    const texts: DataType = { kind: 'list', element: field('element', UTF8) }
    expect(formatValue(['a b', 'a,b', '', "it's", 'null'], texts)).toBe("[a b, 'a,b', '', 'it\\'s', 'null']")
  })

  it('reads exponents, signs and offsets', () => {
    expect(parseDecimal('1.5e2', 5, 1)).toBe(1500n)
    expect(parseDecimal('-.5', 5, 1)).toBe(-5n)
    expect(parseDecimal('1e-1', 5, 1)).toBe(1n)
    expect(parseInteger('+12')).toBe(12n)
    expect(parseFloat64('-Infinity')).toBe(Number.NEGATIVE_INFINITY)
    expect(parseTimestamp('1970-01-01 01:00+01:30', 's')).toEqual({ units: -1800n, hasZone: true })
    expect(parseTimestamp('1970-01-01T00:00:00-02', 's')).toEqual({ units: 7200n, hasZone: true })
  })

  it('refuses what is no such value, or would be rounded', () => {
    for (const text of ['', '.', '1.25', '1e99', 'x', '10000.1']) expect(parseDecimal(text, 5, 1)).toBeNull()
    for (const text of ['2024-02-30', '2023-02-29', '2024-13-01', '24-01-01']) expect(parseDate(text)).toBeNull()
    for (const text of ['24:00:00', '1:2:3', '10:00:60']) expect(parseTime(text, 'us')).toBeNull()
    expect(parseTime('10:00:00.1234', 'ms')).toBeNull()
    for (const text of ['1.5', '', '1e3', '0x1']) expect(parseInteger(text)).toBeNull()
    for (const text of ['', '1_0', '0x1', 'e5', '.']) expect(parseFloat64(text)).toBeNull()
  })
})
