import { firstDifference } from '../../../native-bench/answers.js'
import { loopedSums, sortedRows, sqlSums } from '../../../native-bench/suites/db-benchmark/comparison.js'
import { describe, expect, it } from '../../support/jest.js'

describe('sorted rows', () => {
  it('are the same in whatever order they came', () => {
    const rows = [
      ['10', 2.5],
      ['9', 11.5],
      ['9', 3.5],
    ]
    expect(sortedRows(rows)).toEqual([rows[0], rows[2], rows[1]])
    expect(sortedRows([...rows].reverse())).toEqual(sortedRows(rows))
  })

  it('tell a value that is with another key', () => {
    const [expected, actual] = [
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [
        ['a', '2'],
        ['b', '1'],
      ],
    ].map(sortedRows)
    expect(firstDifference(expected, actual)).toContain('column 1')
  })

  it('have no value where an engine found none, and nothing where it rounded', () => {
    const engines = [[['NaN', 1e-17]], [[Number.NaN, '0']], [[null, 0]]].map(sortedRows)
    for (const rows of engines) expect(firstDifference(engines[0], rows)).toBeNull()
  })
})

describe('sums of products', () => {
  const comparison = { sums: [['v'], ['k', 'v']] }
  const sums = (rows: readonly Readonly<Record<string, number | null>>[]) =>
    loopedSums(comparison, rows.length, (row, name) => rows[row][name])

  it('count rows, and pass over nulls', () => {
    expect(
      sums([
        { k: 2, v: 3 },
        { k: 5, v: null },
      ]),
    ).toEqual([['2', 3, 6]])
    expect(sqlSums(comparison)).toEqual(['count(*)', 'sum(v::double)', 'sum(k::double * v::double)'])
  })

  it('tell a value that is with another key', () => {
    const [expected, actual] = [
      [
        { k: 1, v: 3 },
        { k: 2, v: 4 },
      ],
      [
        { k: 1, v: 4 },
        { k: 2, v: 3 },
      ],
    ].map(sums)
    expect(firstDifference(expected, actual)).toContain('column 2')
  })
})
