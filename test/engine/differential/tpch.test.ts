/** The queries of TPC-H over small tables. */

import { warehouseQueries } from '../../../data-fixtures/warehouse.js'
import { WAREHOUSE_MACROS } from '../../../data-fixtures/warehouse-queries.js'
import { differential } from '../../support/differential.js'
import { beforeAll, it } from '../../support/jest.js'
import { TPCH_QUERIES } from '../../support/tpch.js'

/** Of lineitem. */
const ROWS = 10_000

const volley = differential({})

beforeAll(async () => {
  await volley().oracle.run(WAREHOUSE_MACROS)
  for (const [name, sql] of Object.entries(warehouseQueries(ROWS))) await volley().addTable(name, sql)
})

it.each(Object.entries(TPCH_QUERIES))('%s', async (_, sql) => {
  await volley().expectQuery(sql, { ordered: true })
})
