/** The packages whose start is measured: nothing of them is loaded before `load` is called. */

import { createRequire } from 'node:module'
import type { PolarsExpression } from '../../engines/polars.js'
import { sqlText } from '../../sql-text.js'
import { DELIVERED, KEPT, ORDERS, type PackageName, QUERY, type Request, TOTAL } from './work.js'

/** A package that was loaded. */
export interface Loaded {
  readonly open: (request: Request) => Promise<Opened>
}

export interface Opened {
  /** Runs the query; returns what makes CSV of its rows. */
  readonly query: () => Promise<() => Promise<string[]>>
  readonly transform: (output: string) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Null for packages that are only loaded. */
type Load = () => Promise<Loaded | null>

export const PACKAGES: Readonly<Record<PackageName, Load>> = {
  volley: async () => {
    const { open } = await import('../../../index.js')
    return { open: async (request) => volley(await open(limitsOf(request))) }
  },
  duckdb: async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    return {
      open: async ({ threads, memoryLimitBytes }) => {
        const instance = await DuckDBInstance.create(':memory:', {
          threads: String(threads),
          memory_limit: `${memoryLimitBytes}B`,
        })
        return duckdb(await instance.connect(), () => instance.closeSync())
      },
    }
  },
  polars: async () => {
    const pl = (await import('nodejs-polars')).default
    return { open: async () => polars(pl) }
  },
  arquero: async () => {
    await import('arquero')
    return null
  },
  // Its entry for Node reads, compiles and instantiates the codec at once.
  'parquet-wasm': async () => {
    createRequire(import.meta.url)('parquet-wasm/node')
    return null
  },
  hyparquet: async () => {
    await import('hyparquet')
    return null
  },
}

function limitsOf({ threads, memoryLimitBytes }: Request): { threads: number; memoryLimit: number } {
  return { threads, memoryLimit: memoryLimitBytes }
}

async function volley(engine: import('../../../index.js').Engine): Promise<Opened> {
  return {
    query: async () => {
      const table = await engine.sql(QUERY).collect()
      return async () => (await import('../../engines/volley.js')).volleyAnswer(table).map((row) => row.join(','))
    },
    transform: (output) =>
      engine
        .scanParquet(ORDERS)
        .filter(DELIVERED)
        .select(...KEPT, `${TOTAL} as total`)
        .sinkParquet(output, { overwrite: true }),
    close: () => engine.close(),
  }
}

async function duckdb(connection: import('@duckdb/node-api').DuckDBConnection, close: () => void): Promise<Opened> {
  const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRows()
  return {
    query: async () => {
      const rows = await rowsOf(QUERY)
      return async () => rows.map((row) => row.join(','))
    },
    transform: (output) =>
      connection.run(
        `copy (select ${KEPT.join(', ')}, ${TOTAL} as total from ${sqlText(ORDERS)} where ${DELIVERED})
          to ${sqlText(output)} (format parquet, compression snappy)`,
      ),
    close: async () => {
      connection.closeSync()
      close()
    },
  }
}

async function polars(pl: typeof import('nodejs-polars').default): Promise<Opened> {
  const delivered = () => pl.scanParquet(ORDERS).filter(pl.col('status').eq(pl.lit('delivered')))
  const total = (): PolarsExpression =>
    pl
      .col('unit_price')
      .cast(pl.Decimal(18, 2))
      .mul(pl.col('quantity').cast(pl.Decimal(18, 2)))
      .cast(pl.Decimal(18, 2))
  return {
    query: async () => {
      const data = await delivered()
        .groupBy('country')
        .agg(pl.len().alias('orders'), total().sum().alias('revenue'))
        .sort('country')
        .collect()
      return async () => data.writeCSV({ includeHeader: false }).toString().trim().split('\n')
    },
    transform: (output) =>
      delivered()
        .select(...KEPT.map((name) => pl.col(name)), total().alias('total'))
        .sinkParquet(output, { compression: 'snappy' })
        .collect(),
    close: async () => {},
  }
}
