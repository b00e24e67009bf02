/** A function that gets columns. */

import { Field as ArrowField, Float64, Schema } from 'apache-arrow'
import type { Frame } from '../../../index.js'
import { arqueroAnswer } from '../../engines/arquero.js'
import type { PolarsData, PolarsEngine } from '../../engines/polars.js'
import { contestant, type Race } from '../../races/race.js'
import { discountedColumns } from '../discounted.js'
import { duckDbInMemory, duckDbOnFile } from './duckdb-function.js'
import { polarsInMemory, polarsOnFile, volleyInMemory, volleyOnFile } from './entrants.js'
import { arqueroPrices } from './prices.js'

const MODULE = new URL('../discounted.js', import.meta.url).href
const RESULT = new Schema([new ArrowField('cents', new Float64(), false)])

function volleyTotal(prices: Frame): Frame {
  return prices
    .mapBatches({ module: MODULE, function: 'discountedBatch' }, { schema: RESULT })
    .groupBy()
    .agg({ total: 'sum(cents)' })
}

function polarsTotal({ pl }: PolarsEngine, data: PolarsData): PolarsData {
  const [prices, discounts] = [data.getColumn('price').toTypedArray(), data.getColumn('discount').toTypedArray()]
  const cents = discountedColumns(prices, discounts, new Float64Array(prices.length))
  return pl.DataFrame({ cents }).select(pl.col('cents').sum())
}

export const batchesFile: Race = {
  name: 'batches',
  title: 'JavaScript function of two columns, from Parquet',
  sizes: ['small', 'medium', 'large'],
  engines: {
    volley: volleyOnFile(volleyTotal),
    duckdb: duckDbOnFile('discounted'),
    polars: polarsOnFile(polarsTotal),
    arquero: 'reads no Parquet files',
  },
}

export const batchesMemory: Race = {
  name: 'batches-memory',
  title: 'JavaScript function of two columns, in memory',
  sizes: ['small', 'medium', 'large'],
  engines: {
    volley: volleyInMemory(volleyTotal),
    duckdb: duckDbInMemory('discounted'),
    polars: polarsInMemory(polarsTotal),
    arquero: async (field) => {
      const [{ aq }, prices] = [await field.arquero(), await arqueroPrices(field)]
      return contestant(
        async () => {
          const column = (name: string) => prices.array(name, Float64Array) as Float64Array
          const cents = new Float64Array(prices.numRows())
          discountedColumns(column('price'), column('discount'), cents)
          return prices.assign(aq.table({ cents })).rollup({ total: 'd => op.sum(d.cents)' })
        },
        async (table) => arqueroAnswer(table),
      )
    },
  },
}
