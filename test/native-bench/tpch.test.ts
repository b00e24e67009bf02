import { openBenchTables } from '../../data-fixtures/bench-tables.js'
import { SIZES } from '../../native-bench/races/race.js'
import { tpch } from '../../native-bench/suites/tpch/suite.js'
import { describe, expect, it } from '../support/jest.js'
import { expectRaceAgrees, smallField } from '../support/races.js'

const field = smallField((directory) => openBenchTables(directory, SIZES.small))

describe('tpch', () => {
  it.each(tpch.races.map((race) => [race.name, race] as const))('%s', async (_, race) => {
    const answer = await expectRaceAgrees(race, field)
    expect(answer.flat().some((cell) => cell !== null)).toBe(true)
  })

  it('has the 22 queries', () => {
    const queries = Array.from({ length: 22 }, (_, i) => `q${String(i + 1).padStart(2, '0')}`)
    expect(tpch.races.map(({ name }) => name).filter((name) => !name.includes('-'))).toEqual(queries)
  })
})
