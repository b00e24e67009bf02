import { openBenchTables } from '../../data-fixtures/bench-tables.js'
import { join } from '../../native-bench/suites/join.js'
import { expect, it } from '../support/jest.js'
import { expectRaceAgrees, smallField } from '../support/races.js'

const field = smallField((directory) => openBenchTables(directory, 10_000))

const small = join.races.filter(({ sizes }) => sizes.includes('small'))

it.each(small.map((race) => [race.name, race] as const))('%s has one answer', async (_, race) => {
  await expectRaceAgrees(race, field)
})

it('names races for --quick', () => {
  expect(small.map(({ name }) => name)).toEqual(expect.arrayContaining([...join.quick]))
})
