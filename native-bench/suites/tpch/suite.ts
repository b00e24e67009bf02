/** The 22 queries of TPC-H: volley through frames, DuckDB through SQL, Polars through lazy frames. */

import type { RaceSuite } from '../../races/race.js'
import { queryRace } from './from-files.js'
import { q06Memory } from './in-memory.js'
import { QUERIES } from './queries.js'

export const tpch: RaceSuite = {
  name: 'tpch',
  title: 'The queries of TPC-H, from Parquet files',
  conditions: [
    'A run is a query from its text or frames to its rows in JavaScript: it plans, opens the files and reads them.',
    'q06-memory reads a table that was loaded before.',
    'Polars runs lazy frames with its streaming engine. It does not order joins: they are written in an order that suits it.',
    'Decimals are exact in every engine; the keys of a sort are completed so that the order of rows is total.',
    'Where SQL compares with a subquery, frames join groups or take a window, as the interfaces of volley and Polars ask.',
    'The tables follow the rules of TPC-H without being its own; the figures are no results of the TPC.',
  ],
  races: [...QUERIES.map(queryRace), q06Memory],
  quick: ['q01', 'q03', 'q06'],
}
