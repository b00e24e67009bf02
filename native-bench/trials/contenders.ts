/** Who takes part in trials, and which of them DuckDB's time and result are. */

import type { Contender } from './trial.js'

function contender(engine: Contender['engine'], strategy: Contender['strategy'] = 'auto'): Contender {
  return { label: engine === 'volley' ? `volley ${strategy}` : engine, engine, strategy }
}

/** Comes first: the others are compared with it. */
export const REFERENCE = contender('duckdb')
export const AUTO = contender('volley', 'auto')
export const ROW = contender('volley', 'row')
export const BULK = contender('volley', 'bulk')
export const BIGDATA = contender('volley', 'bigdata')
export const POLARS = contender('polars')
