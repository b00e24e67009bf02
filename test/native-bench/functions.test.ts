import { duckDbAnswer } from '../../native-bench/engines/duckdb.js'
import { functions } from '../../native-bench/suites/functions/suite.js'
import { describe, expect, it } from '../support/jest.js'
import { expectRaceAgrees, smallField } from '../support/races.js'

const field = smallField()
const query = async (sql: string) => {
  const { lineitem } = await field.tables.tpch()
  return duckDbAnswer(await (await field.duckdb()).query(sql.replace('lineitem', `'${lineitem}'`)))
}

describe('the races of functions', () => {
  it.each(functions.races.map((race) => [race.name, race] as const))('%s has one answer', async (name, race) => {
    const answer = await expectRaceAgrees(race, field)
    if (name === 'jsonata') return
    expect(answer).toEqual(
      await query(`select sum(floor(l_extendedprice::double * (1 - l_discount::double) * 100)) from lineitem`),
    )
  })

  it('has the JSONata expression mean what SQL says', async () => {
    const jsonata = functions.races.find(({ name }) => name === 'jsonata')!
    expect(await expectRaceAgrees(jsonata, field)).toEqual(
      await query(`select count(*), sum(l_orderkey), sum(floor(l_extendedprice::double * (1 - l_discount::double) * 100)),
        sum(length(lower(l_shipmode) || ': ' || l_comment[:8])), count(*) filter (where l_extendedprice < 20000)
        from lineitem`),
    )
  })
})
