/** How volley and Polars come to the prices, whatever the form of the function: from the Parquet file, or from memory. */

import type { Frame } from '../../../index.js'
import { type PolarsData, type PolarsEngine, polarsAnswer } from '../../engines/polars.js'
import { volleyAnswer } from '../../engines/volley.js'
import { type Contestant, contestant, type Entrant } from '../../races/race.js'
import { polarsPrices, volleyPrices, volleyPricesInMemory } from './prices.js'

/** Of the prices, the sum of what the function gives. */
type VolleyTotal = (prices: Frame) => Frame
type PolarsTotal = (engine: PolarsEngine, prices: PolarsData) => PolarsData

export function volleyOnFile(total: VolleyTotal): Entrant {
  return async ({ volley, tables }) => {
    const [{ engine }, { lineitem }] = [await volley(), await tables.tpch()]
    return volleyContestant(() => total(volleyPrices(engine, lineitem)))
  }
}

export function volleyInMemory(total: VolleyTotal): Entrant {
  return async ({ volley, tables }) => {
    const prices = await volleyPricesInMemory((await volley()).engine, (await tables.tpch()).lineitem)
    return volleyContestant(() => total(prices))
  }
}

export function polarsOnFile(total: PolarsTotal): Entrant {
  return async ({ polars, tables }) => {
    const [engine, { lineitem }] = [await polars(), await tables.tpch()]
    return polarsContestant(engine, async () => total(engine, await polarsPrices(engine, lineitem).collect()))
  }
}

export function polarsInMemory(total: PolarsTotal): Entrant {
  return async ({ polars, tables }) => {
    const engine = await polars()
    const prices = await polarsPrices(engine, (await tables.tpch()).lineitem).collect()
    return polarsContestant(engine, async () => total(engine, prices))
  }
}

function volleyContestant(frame: () => Frame): Contestant {
  return contestant(
    () => frame().collect(),
    async (table) => volleyAnswer(table),
  )
}

function polarsContestant(engine: PolarsEngine, run: () => Promise<PolarsData>): Contestant {
  return contestant(run, async (data) => polarsAnswer(engine, data))
}
