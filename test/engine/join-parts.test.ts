import { open } from '../../index.js'
import { describe, expect, it } from '../support/jest.js'
import { Oracle } from '../support/oracle.js'

describe('joins with many matches', () => {
  it('lists all pairs when a slice has more than fit in one part', async () => {
    const oracle = await Oracle.open()
    const engine = await open({ threads: 2 })
    try {
      const path = await oracle.parquet('many', `select i % 5 as k, i as v from range(2000) t(i)`)
      const left = engine.scanParquet(path)
      const right = engine.scanParquet(path).filter('v % 3 <> 1')
      for (const how of ['inner', 'left', 'full'] as const) {
        const joined = left.join(right, { on: 'k', how }).groupBy('k').agg({ n: 'count(*)', s: 'sum(v * v_right)' })
        const query = `select k, count(*) as n, sum(l.v * r.v) as s from '${path}' l
          ${how} join (from '${path}' where v % 3 <> 1) r using (k) group by k`
        expect(await oracle.difference(joined, query)).toBeNull()
      }
    } finally {
      await engine.close()
      oracle.close()
    }
  })
})
