/** What contestants work on and with: the files of one size, and engines, opened when the first contestant asks. */

import type { BenchTables } from '../../data-fixtures/bench-tables.js'
import { type ArqueroEngine, openArquero } from '../engines/arquero.js'
import { type DuckDbEngine, openDuckDb } from '../engines/duckdb.js'
import { type HyparquetEngine, openHyparquet } from '../engines/hyparquet.js'
import { openParquetWasm, type ParquetWasmEngine } from '../engines/parquet-wasm.js'
import { openPolars, type PolarsEngine } from '../engines/polars.js'
import { openVolley, type VolleyEngine } from '../engines/volley.js'
import type { SizeName } from './race.js'

export interface Field {
  readonly size: SizeName
  readonly threads: number
  /** The files of this size; each is made when it is first asked for, and kept for later calls of the benchmark. */
  readonly tables: BenchTables
  /** A directory for outputs. */
  readonly outputs: string
  readonly volley: () => Promise<VolleyEngine>
  readonly duckdb: () => Promise<DuckDbEngine>
  readonly polars: () => Promise<PolarsEngine>
  readonly arquero: () => Promise<ArqueroEngine>
  readonly parquetWasm: () => Promise<ParquetWasmEngine>
  readonly hyparquet: () => Promise<HyparquetEngine>
}

/** Engines of one process: a field of each size shares them. */
export interface Engines extends Pick<Field, 'volley' | 'duckdb' | 'polars' | 'arquero' | 'parquetWasm' | 'hyparquet'> {
  readonly close: () => Promise<void>
}

/** Nothing is opened yet. `memoryLimitBytes` is of each engine that takes one. */
export function lazyEngines(threads: number, memoryLimitBytes: number): Engines {
  const volley = once(() => openVolley(threads, memoryLimitBytes))
  const duckdb = once(() => openDuckDb(threads, memoryLimitBytes))
  const polars = once(() => openPolars(threads))
  const arquero = once(openArquero)
  const parquetWasm = once(openParquetWasm)
  const hyparquet = once(openHyparquet)
  return {
    volley: volley.get,
    duckdb: duckdb.get,
    polars: polars.get,
    arquero: arquero.get,
    parquetWasm: parquetWasm.get,
    hyparquet: hyparquet.get,
    close: async () => {
      await (await volley.opened())?.close()
      ;(await duckdb.opened())?.close()
    },
  }
}

/** `opened` is null for what nobody asked for, and for what could not be opened: whoever asked for it knows. */
function once<Value>(open: () => Promise<Value>): { get: () => Promise<Value>; opened: () => Promise<Value | null> } {
  let value: Promise<Value> | null = null
  return {
    get: () => {
      value ??= open()
      return value
    },
    opened: async () => value?.catch(() => null) ?? null,
  }
}
