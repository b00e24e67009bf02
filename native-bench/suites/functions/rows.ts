/** A function that gets a row as an object. */

import { Field as ArrowField, Float64, Schema } from 'apache-arrow'
import type { Frame } from '../../../index.js'
import { arqueroAnswer } from '../../engines/arquero.js'
import type { PolarsData, PolarsEngine } from '../../engines/polars.js'
import { recordsAnswer } from '../../engines/records.js'
import { contestant, type Race } from '../../races/race.js'
import { discountedRow } from '../discounted.js'
import { duckDbInMemory, duckDbOnFile } from './duckdb-function.js'
import { polarsInMemory, polarsOnFile, volleyInMemory, volleyOnFile } from './entrants.js'
import { arqueroPrices, type PriceRow, recordPrices } from './prices.js'

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
    volley: volleyOnFile(volleyTotal),
    duckdb: duckDbOnFile('discounted_row'),
    polars: polarsOnFile(polarsTotal),
    arquero: 'reads no Parquet files',
  },
}

export const rowsMemory: Race = {
  name: 'rows-memory',
  title: 'JavaScript function of a row, in memory',
  sizes: ['small', 'medium'],
  engines: {
    volley: volleyInMemory(volleyTotal),
    duckdb: duckDbInMemory('discounted_row'),
    polars: polarsInMemory(polarsTotal),
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
