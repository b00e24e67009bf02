/** Runs queries by volley, with one thread and with two, and compares the results with DuckDB's. */

import { type Engine, type EngineOptions, type Frame, open } from '../../index.js'
import { everyType } from './every-type.js'
import { afterAll, beforeAll, expect } from './jest.js'
import { type Comparison, Oracle } from './oracle.js'

export type Tables = Readonly<Record<string, Frame>>
export type MakeFrame = (tables: Tables, engine: Engine) => Frame

/** The standard tables: every type in 0, 1 and 10,000 rows. */
export const STANDARD_TABLES: Readonly<Record<string, string>> = {
  t: everyType(10_000),
  one: everyType(1),
  none: everyType(0),
}

export class Differential {
  private constructor(
    readonly oracle: Oracle,
    readonly engines: readonly Engine[],
    private readonly paths: Record<string, string>,
  ) {}

  static async open(
    tables: Readonly<Record<string, string>>,
    threads: readonly number[] = [1, 2],
    options: EngineOptions = {},
  ): Promise<Differential> {
    const oracle = await Oracle.open()
    const engines = await Promise.all(threads.map((count) => open({ ...options, threads: count })))
    const differential = new Differential(oracle, engines, {})
    for (const [name, sql] of Object.entries(tables)) await differential.addTable(name, sql)
    return differential
  }

  async close(): Promise<void> {
    for (const engine of this.engines) await engine.close()
    this.oracle.close()
  }

  /** Makes the rows of a query a Parquet file for volley and a table for DuckDB. */
  async addTable(name: string, sql: string): Promise<void> {
    this.paths[name] = await this.oracle.parquet(name, sql)
    await this.oracle.run(`create or replace table ${name} as from read_parquet('${this.paths[name]}')`)
  }

  readonly tables = (engine: Engine): Tables =>
    Object.fromEntries(Object.entries(this.paths).map(([name, path]) => [name, engine.scanParquet(path)]))

  /** Expects a frame to have the rows of a query, whatever the number of threads. */
  async expectFrame(make: MakeFrame, sql: string, comparison: Comparison = {}): Promise<void> {
    const frames = this.engines.map((engine) => make(this.tables(engine), engine))
    const differences = await this.oracle.differences(frames, sql, comparison)
    const found = differences.map((text, i) => (text === null ? null : `${this.engines[i].threads} threads: ${text}`))
    expect({ sql, found }).toEqual({ sql, found: frames.map(() => null) })
  }

  /** Expects a frame, with one thread, and a query, with two, to have the rows of the query in DuckDB. */
  async expectBoth(make: MakeFrame, sql: string, comparison: Comparison = {}): Promise<void> {
    await this.expectFrame(
      (tables, engine) => (engine.threads === 1 ? make(tables, engine) : engine.sql(sql, tables)),
      sql,
      comparison,
    )
  }

  /** Expects a query to have the same rows in volley and in DuckDB. */
  async expectQuery(sql: string, comparison: Comparison = {}): Promise<void> {
    await this.expectFrame((tables, engine) => engine.sql(sql, tables), sql, comparison)
  }
}

/** Opens one for the tests of a file, with an engine for each number of threads. */
export function differential(
  tables: Readonly<Record<string, string>> = STANDARD_TABLES,
  threads: readonly number[] = [1, 2],
  options: EngineOptions = {},
): () => Differential {
  let opened: Differential | null = null
  beforeAll(async () => {
    opened = await Differential.open(tables, threads, options)
  })
  afterAll(async () => {
    await opened?.close()
  })
  return () => {
    if (opened === null) throw new Error('not open yet')
    return opened
  }
}
