/** Runs queries in bulk, with two threads and some with one, and some in other ways, and compares the results with DuckDB's. */

import { type Engine, type EngineOptions, type Frame, open } from '../../index.js'
import { promisesOrder } from '../../planner/duckdb-sql/plan.js'
import { everyType } from './every-type.js'
import { afterAll, beforeAll, expect } from './jest.js'
import { hasBreakers, optimizedPlan, rowsRead } from './optimized.js'
import { type Comparison, Oracle } from './oracle.js'
import { enginesOf, type Way, waysOf } from './ways.js'

export type Tables = Readonly<Record<string, Frame>>
export type MakeFrame = (tables: Tables, engine: Engine) => Frame

/** The standard tables: every type in 0, 1 and 10,000 rows. */
export const STANDARD_TABLES: Readonly<Record<string, string>> = {
  t: everyType(10_000),
  one: everyType(1),
  none: everyType(0),
}

interface Trial {
  readonly faults: readonly string[]
  readonly switched: boolean
}

export class Differential {
  /** Paths of the tables' files. */
  private readonly files: Record<Way['format'], Record<string, string[]>> = { parquet: {}, arrow: {} }
  private generation = 0
  private turn = 0

  private constructor(
    readonly oracle: Oracle,
    readonly engines: readonly Engine[],
    private readonly waysOf: (sql: string, hasBreakers: boolean) => readonly Way[],
  ) {}

  static async open(
    tables: Readonly<Record<string, string>>,
    threads: readonly number[] = [1, 2],
    options: EngineOptions = {},
  ): Promise<Differential> {
    const oracle = await Oracle.open()
    const engines = await Promise.all(threads.map((count) => open({ ...options, threads: count })))
    const differential = new Differential(oracle, engines, options.strategy === undefined ? waysOf : () => [])
    for (const [name, sql] of Object.entries(tables)) await differential.addTable(name, sql)
    return differential
  }

  async close(): Promise<void> {
    for (const engine of this.engines) await engine.close()
    this.oracle.close()
  }

  /** Makes the rows of queries files for volley, one for each, and together a table for DuckDB. */
  async addTable(name: string, ...parts: readonly string[]): Promise<void> {
    const { arrow, parquet } = this.files
    const taken = parquet[name]?.length ?? 0
    const names = parts.map((_, part) => (taken + part === 0 ? name : `${name}-${++this.generation}`))
    parquet[name] = await Promise.all(names.map((file, part) => this.oracle.parquet(file, parts[part])))
    arrow[name] = names.map((file) => this.oracle.path(`${file}.arrow`))
    for (const [part, path] of parquet[name].entries()) {
      await this.engines[0].scanParquet(path).sinkArrow(arrow[name][part])
    }
    const paths = parquet[name].map((path) => `'${path}'`)
    await this.oracle.run(`create or replace table ${name} as from read_parquet([${paths.join(', ')}])`)
  }

  readonly tables = (engine: Engine, format: Way['format'] = 'parquet'): Tables =>
    Object.fromEntries(
      Object.entries(this.files[format]).map(([name, paths]) => [
        name,
        format === 'parquet' ? engine.scanParquet(paths) : engine.scanArrow(paths),
      ]),
    )

  /** Expects a frame to have the rows of a query, whatever the number of threads and the strategy. */
  async expectFrame(
    make: MakeFrame,
    sql: string,
    comparison: Comparison = {},
    engines = enginesOf(sql, this.engines),
  ): Promise<void> {
    const found = await this.differences(make, sql, comparison, engines)
    expect({ sql, found }).toEqual({ sql, found: [] })
  }

  /** How the rows of a frame differ from those of a query; nothing if they never do. */
  async differences(
    make: MakeFrame,
    sql: string,
    comparison: Comparison,
    engines: readonly Engine[],
  ): Promise<string[]> {
    await this.oracle.expect(sql, comparison)
    const found: string[] = []
    for (const engine of engines) {
      const { difference } = await this.oracle.attempt({ frame: make(this.tables(engine), engine) }, comparison)
      if (difference !== null) found.push(`${engine.threads} threads: ${difference}`)
    }
    // What does not switch at one boundary has no later ones, and is plain bulk.
    const ended = new Set<Way['format']>()
    for (const way of await this.ways(make, sql)) {
      if (way.run.switchAtMorsel !== undefined && ended.has(way.format)) continue
      const { faults, switched } = await this.tried(way, make, comparison)
      found.push(...faults)
      if (!switched) ended.add(way.format)
    }
    return found
  }

  /** The ways in which a frame is run beside bulk. */
  async ways(make: MakeFrame, sql: string): Promise<readonly Way[]> {
    const [engine] = this.engines
    const plan = await optimizedPlan(make(this.tables(engine), engine))
    return this.waysOf(sql, hasBreakers(plan))
  }

  /** What is wrong with a run of the frame in one of the ways, and whether it changed its strategy. */
  private async tried(way: Way, make: MakeFrame, comparison: Comparison): Promise<Trial> {
    const engine = this.engines[this.turn++ % this.engines.length]
    const frame = make(this.tables(engine, way.format), engine)
    const faults: string[] = []
    let switched = true
    try {
      const plan = await optimizedPlan(frame)
      const unordered = way.run.strategy !== 'row' && !promisesOrder(plan)
      const { difference, report } = await this.oracle.attempt({ frame, run: way.run, unordered }, comparison)
      if (difference !== null) faults.push(difference)
      const rows = rowsRead(frame, plan)
      if (rows !== null && rows !== report.rowsIn) faults.push(`${report.rowsIn} rows in instead of ${rows}`)
      switched = way.run.switchAtMorsel === undefined || report.strategies.length > 1
    } catch (error) {
      faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    return { faults: faults.map((fault) => `${way.name}, ${engine.threads} threads: ${fault}`), switched }
  }

  /** Expects a frame, with one thread, and a query, with two, to have the rows of the query in DuckDB. */
  async expectBoth(make: MakeFrame, sql: string, comparison: Comparison = {}): Promise<void> {
    await this.expectFrame(
      (tables, engine) => (engine.threads === 1 ? make(tables, engine) : engine.sql(sql, tables)),
      sql,
      comparison,
      this.engines,
    )
  }

  /** Expects a query to have the same rows in volley and in DuckDB. */
  async expectQuery(sql: string, comparison: Comparison = {}): Promise<void> {
    await this.expectFrame((tables, engine) => engine.sql(sql, tables), sql, comparison)
  }
}

/**
 * Opens one for the tests of a file, with an engine for each number of threads. Engines that are given a strategy run
 * plans in that and in no other.
 */
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
