import { FOUR_COLUMNS } from '../../native-bench/suites/scan/lineitem-sums.js'
import { scan } from '../../native-bench/suites/scan.js'
import { describe, expect, it } from '../support/jest.js'
import { expectRaceAgrees, smallField } from '../support/races.js'

const field = smallField()

describe('the races of scan', () => {
  it.each(scan.races.map((race) => [race.name, race] as const))('%s has one answer', async (name, race) => {
    const [row] = await expectRaceAgrees(race, field)
    if (name.startsWith('keep')) expect(row.length).toBe(1 + FOUR_COLUMNS.length)
  })
})
