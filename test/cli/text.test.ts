import { progressText } from '../../engine/cli/printing/progress.js'
import { displayWidth, textTable } from '../../engine/cli/printing/text-table.js'
import { formatBytes, formatCount, formatDuration, formatRate, formatShare } from '../../planner/quantities.js'
import { describe, expect, it } from '../support/jest.js'

describe('quantities', () => {
  it.each([
    [formatCount(1234567), '1,234,567'],
    [formatBytes(938), '938 B'],
    [formatBytes(938_754), '939 KB'],
    [formatBytes(999_999), '1.00 MB'],
    [formatBytes(208_885_205), '209 MB'],
    [formatDuration(12.4), '12 ms'],
    [formatDuration(1530), '1.53 s'],
    [formatDuration(125_000), '2 min 05 s'],
    [formatDuration(3_780_000), '1 h 03 min'],
    [formatRate(4_123_000), '4.12 million rows/s'],
    [formatRate(950_000), '950 thousand rows/s'],
    [formatRate(20), '20 rows/s'],
    [formatShare(247, 1000), '24.7 %'],
    [formatShare(1, 0), ''],
  ])('prints %s', (actual, expected) => {
    expect(actual).toBe(expected)
  })
})

describe('textTable', () => {
  it('aligns columns by the cells they take on a terminal', () => {
    const columns = [
      { title: 'name', align: 'left' as const },
      { title: 'n', align: 'right' as const },
    ]
    expect(
      textTable(columns, [
        ['Łukasz', '1'],
        ['お届け', '10'],
        ['a\nb', '100'],
      ]),
    ).toBe(['name      n', '──────  ───', 'Łukasz    1', 'お届け   10', 'a\\nb    100', ''].join('\n'))
  })

  it('cuts wide cells', () => {
    const table = textTable([{ title: 't', align: 'left' }], [['x'.repeat(100)]], 10)
    expect(table.split('\n')[2]).toBe(`${'x'.repeat(9)}…`)
  })

  it('counts wide and combining characters', () => {
    expect(displayWidth('Merci 🙂')).toBe(8)
    expect(displayWidth('e\u0301')).toBe(1)
  })
})

describe('progressText', () => {
  const event = { phase: 'scan', rows: 500_000, bytes: 1, elapsedMs: 500, rowsPerSecond: 1e6, strategy: null }

  it('tells percent, rate and remaining time', () => {
    expect(progressText({ ...event, totalRows: 2_000_000, remainingMs: 1500 })).toBe(
      ' 25 %  scan  500,000 of 2,000,000 rows  1.00 million rows/s  1.50 s left',
    )
  })

  it('tells the rows where their total is not known', () => {
    expect(progressText({ ...event, totalRows: null, remainingMs: null })).toBe(
      'scan  500,000 rows  1.00 million rows/s',
    )
  })
})
