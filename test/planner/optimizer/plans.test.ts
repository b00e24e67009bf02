/** Golden plans: `UPDATE_GOLDEN=1 npx jest dist/test/planner/optimizer/plans` writes them anew. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { explainText } from '../../../planner/explain.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'
import { Planner } from '../../support/plan-judge.js'
import { TPCH, TPCH_QUERIES } from '../../support/tpch.js'

/** From dist/test/planner/optimizer to the sources. */
const FOLDER = new URL('../../../../test/plans/', import.meta.url)

const planner = new Planner(TPCH)
afterAll(() => planner.close())

/** What single rules do. */
const SMALL: Readonly<Record<string, string>> = {
  'count reads no columns': 'select count(*) from lineitem',
  'limit reaches scans':
    'select l_orderkey + 1 as k from (select * from lineitem union all select * from lineitem) limit 5 offset 2',
  'sort with limit is a top-k': 'select o_orderkey from orders order by o_totalprice desc limit 3',
  'conditions pass groups and distinct':
    'select * from (select o_custkey, count(*) as n from orders group by o_custkey) where o_custkey = 7 and n > 1',
  'conditions stop at limits': 'select * from (select o_custkey from orders limit 10) where o_custkey = 7',
  'conditions stop at windows':
    'select * from (select o_custkey, row_number() over (order by o_orderkey) as n from orders) where o_custkey = 7',
  'windows learn how many rows are wanted':
    'select o_orderkey from orders qualify row_number() over (partition by o_custkey order by o_totalprice desc) <= 2',
  'windows give all rows where some other function needs them':
    'select * from (select o_orderkey, rank() over w as r, count(*) over w as n from orders window w as (partition by o_custkey order by o_totalprice)) where r = 1',
  'outer join becomes inner':
    'select c_name, o_orderkey from customer left join orders on c_custkey = o_custkey where o_totalprice > 10',
  'outer join stays outer':
    "select c_name, o_orderkey from customer left join orders on c_custkey = o_custkey and o_orderstatus = 'F' where o_totalprice is null",
  'nothing is read for what never holds': 'select o_orderkey from orders where o_custkey = 1 and 1 = 2',
  'tables of few common values are not joined by them':
    'select count(*) from customer, supplier, nation, orders where c_nationkey = s_nationkey and n_nationkey = s_nationkey and o_custkey = c_custkey',
  'distinct of groups goes':
    'select distinct o_custkey, n from (select o_custkey, count(*) as n from orders group by o_custkey)',
  'columns are compared as stored': 'select n_name from nation where n_nationkey = 3000000000 or n_regionkey < 2.00',
}

function compareWithGolden(file: string, actual: string): void {
  const path = fileURLToPath(new URL(file, FOLDER))
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, actual)
  }
  expect(actual).toBe(readFileSync(path, 'utf8'))
}

describe('golden plans', () => {
  it.each(Object.entries(TPCH_QUERIES))('TPC-H %s', async (name, query) => {
    const resolved = explainText(await planner.resolve(query))
    const optimized = explainText(await planner.optimize(query))
    const text = query.trim().replace(/^ {4}/gm, '')
    compareWithGolden(`tpch-${name}.txt`, `${text}\n\n=== resolved\n${resolved}\n=== optimized\n${optimized}`)
  })

  it('of single rules', async () => {
    const parts: string[] = []
    for (const [title, query] of Object.entries(SMALL)) {
      parts.push(`=== ${title}\n${query}\n\n${explainText(await planner.optimize(query))}`)
    }
    compareWithGolden('rules.txt', parts.join('\n'))
  })
})
