import { readdirSync } from 'node:fs'
import { transform } from '../../native-bench/suites/transform/suite.js'
import { describe, expect, it } from '../support/jest.js'
import { expectRaceAgrees, smallField } from '../support/races.js'

const field = smallField()

describe('the races of transform', () => {
  const rows = new Map<string, number>()

  it.each(transform.races.map((race) => [race.name, race] as const))('%s has one answer', async (name, race) => {
    const [[count]] = await expectRaceAgrees(race, field)
    rows.set(name, Number(count))
  })

  it('keeps the rows that the names say, and leaves no output behind', () => {
    expect(rows.get('partition')).toBe(rows.get('copy'))
    expect(rows.get('compute')).toBe(rows.get('filter'))
    expect(rows.get('filter')).toBeLessThan(rows.get('project')!)
    expect(readdirSync(field.outputs)).toEqual([])
  })
})
