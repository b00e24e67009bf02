/** A function that gets a row as an object. */

import { Field as ArrowField, Float64, Schema } from 'apache-arrow'
import type { Frame } from '../../../index.js'
import { arqueroAnswer } from '../../engines/arquero.js'
import { type PolarsData, type PolarsEngine, polarsAnswer } from '../../engines/polars.js'
import { recordsAnswer } from '../../engines/records.js'
import { volleyAnswer } from '../../engines/volley.js'
import { contestant, type Race } from '../../races/race.js'
import { discountedRow } from '../discounted.js'
import { duckDbInMemory, duckDbOnFile } from './duckdb-function.js'
import {
  arqueroPrices,
  type PriceRow,
  polarsPrices,
  recordPrices,
  volleyPrices,
  volleyPricesInMemory,
} from './prices.js'

const MODULE = new URL('../discounted.js', import.meta.url).href
const RESULT = new Schema([new ArrowField('cents', new Float64(), false)])

function volleyTotal(prices: Frame): Frame {
  return prices
    .mapRows({ module: MODULE, function: 'discountedRow' }, { schema: RESULT })
    .groupBy()
    .agg({ total: 'sum(cents)' })
}

function polarsTotal({ pl }: PolarsEngine, data: PolarsData): PolarsData {
  const cents = Float64Array.from(data.toRecords() as PriceRow[], (row) => discountedRow(row).cents)
  return pl.DataFrame({ cents }).select(pl.col('cents').sum())
}

export const rowsFile: Race = {
  name: 'rows',
  title: 'JavaScript function of a row, from Parquet',
  sizes: ['small', 'medium'],
  engines: {
    volley: async ({ volley, tables }) => {
      const [{ engine }, { lineitem }] = [await volley(), await tables.tpch()]
      return contestant(
        () => volleyTotal(volleyPrices(engine, lineitem)).collect(),
        async (table) => volleyAnswer(table),
      )
    },
    duckdb: duckDbOnFile('discounted_row'),
    polars: async ({ polars, tables }) => {
      const [engine, { lineitem }] = [await polars(), await tables.tpch()]
      return contestant(
        async () => polarsTotal(engine, await polarsPrices(engine, lineitem).collect()),
        async (data) => polarsAnswer(engine, data),
      )
    },
    arquero: 'reads no Parquet files',
  },
}

export const rowsMemory: Race = {
  name: 'rows-memory',
  title: 'JavaScript function of a row, in memory',
  sizes: ['small', 'medium'],
  engines: {
    volley: async ({ volley, tables }) => {
      const prices = await volleyPricesInMemory((await volley()).engine, (await tables.tpch()).lineitem)
      return contestant(
        () => volleyTotal(prices).collect(),
        async (table) => volleyAnswer(table),
      )
    },
    duckdb: duckDbInMemory('discounted_row'),
    polars: async ({ polars, tables }) => {
      const engine = await polars()
      const prices = await polarsPrices(engine, (await tables.tpch()).lineitem).collect()
      return contestant(
        async () => polarsTotal(engine, prices),
        async (data) => polarsAnswer(engine, data),
      )
    },
    arquero: async (field) => {
      const [{ aq }, prices] = [await field.arquero(), await arqueroPrices(field)]
      return contestant(
        async () =>
          prices
            .derive({ cents: aq.escape((row: PriceRow) => discountedRow(row).cents) })
            .rollup({ total: 'd => op.sum(d.cents)' }),
        async (table) => arqueroAnswer(table),
      )
    },
    records: async (field) => {
      const prices = await recordPrices(field)
      return contestant(
        async () => [{ total: prices.map(discountedRow).reduce((total, { cents }) => total + cents, 0) }],
        async (rows) => recordsAnswer(rows, ['total']),
      )
    },
  },
}
