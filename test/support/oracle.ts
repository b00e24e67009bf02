/** DuckDB as the judge: results are written to Parquet by volley and compared inside DuckDB, by column, with types. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Frame, RunOptions, RunReport } from '../../index.js'

export interface Comparison {
  /** Rows must come in the order of the query; otherwise both results are sorted first. */
  readonly ordered?: boolean
  /** Floating-point columns, by name, that may be off by a share of `TOLERANCE`; all others are exact to the bit. */
  readonly approximate?: readonly string[]
}

/** A run of a frame whose result is to be compared. */
export interface Attempt {
  readonly frame: Frame
  readonly run?: RunOptions
  /** True if this run may put the rows out in any order, whatever the comparison says. */
  readonly unordered?: boolean
}

export interface Outcome {
  /** As text; null if there is none. */
  readonly difference: string | null
  readonly report: RunReport
}

/** Relative error of floating-point sums and what is made of them, which depends on the order of additions. */
export const TOLERANCE = 1e-9

interface Column {
  readonly name: string
  readonly type: string
}

export class Oracle {
  private results = 0
  private expected: readonly Column[] = []
  private expectedSorted = false

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    readonly directory: string,
  ) {}

  static async open(): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    await connection.run("set timezone = 'UTC'")
    // Takes failing expressions out of the try() around them.
    await connection.run("set disabled_optimizers = 'common_subexpressions'")
    return new Oracle(instance, connection, mkdtempSync(join(tmpdir(), 'volley-test-')))
  }

  close(): void {
    this.connection.closeSync()
    this.instance.closeSync()
    rmSync(this.directory, { recursive: true, force: true })
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** Rows as JSON: decimals and 64-bit integers are text. */
  async run(sql: string): Promise<unknown[][]> {
    const reader = await this.connection.runAndReadAll(sql)
    return reader.getRowsJson()
  }

  /** Why DuckDB refuses or fails to compute all of a query; null if it does not. */
  async failure(sql: string): Promise<string | null> {
    try {
      // What is hashed must be computed.
      await this.run(`select bit_xor(hash(columns(*))) from (${sql})`)
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Writes the result of a query as a Parquet file with small row groups, and returns its path. */
  async parquet(name: string, sql: string, rowGroupSize = 2048): Promise<string> {
    const path = this.path(`${name}.parquet`)
    await this.run(`copy (${sql}) to '${path}' (format parquet, row_group_size ${rowGroupSize})`)
    return path
  }

  /** How the frame's result differs from the query's, as text; null if it does not. */
  async difference(frame: Frame, sql: string, comparison: Comparison = {}): Promise<string | null> {
    return (await this.differences([frame], sql, comparison))[0]
  }

  /** The same for several frames that should have one result. */
  async differences(
    frames: readonly Frame[],
    sql: string,
    comparison: Comparison = {},
  ): Promise<readonly (string | null)[]> {
    await this.expect(sql, comparison)
    const found: (string | null)[] = []
    for (const frame of frames) found.push((await this.attempt({ frame }, comparison)).difference)
    return found
  }

  /** Keeps the rows of a query, with which `attempt` compares until the next call. */
  async expect(sql: string, comparison: Comparison): Promise<void> {
    this.expected = await this.store('expected', sql)
    this.expectedSorted = false
    if (comparison.ordered !== true) await this.sortExpected(comparison)
  }

  async attempt({ frame, run, unordered }: Attempt, comparison: Comparison): Promise<Outcome> {
    const path = this.path(`result-${++this.results}.parquet`)
    try {
      // Every other file is plain, which is quicker.
      const plain = this.results % 2 === 0
      const report = await frame.sinkParquet(path, plain ? { dictionary: false, compression: 'none' } : {}, run)
      return { difference: await this.compare(path, comparison, unordered ?? false), report }
    } finally {
      rmSync(path, { force: true })
    }
  }

  private async compare(path: string, comparison: Comparison, unordered: boolean): Promise<string | null> {
    const isSorted = comparison.ordered !== true || unordered
    const actual = await this.store('actual', `from read_parquet('${path}')`)
    const headers = compareHeaders(this.expected, actual)
    if (headers !== null) return headers
    if (isSorted) {
      await this.sort('actual', 'actual', actual, comparison)
      await this.sortExpected(comparison)
    }
    return this.compareRows(isSorted ? 'expected_sorted' : 'expected', comparison)
  }

  private async store(table: string, sql: string): Promise<Column[]> {
    await this.run(`create or replace temp table ${table} as ${sql}`)
    return (await this.run(`describe ${table}`)).map(
      ([name, type]): Column => ({ name: String(name), type: storedType(String(type)) }),
    )
  }

  private async sortExpected(comparison: Comparison): Promise<void> {
    if (!this.expectedSorted) await this.sort('expected', 'expected_sorted', this.expected, comparison)
    this.expectedSorted = true
  }

  /** So that equal tables have equal rows in equal places, the approximate columns apart. */
  private async sort(
    table: string,
    sorted: string,
    columns: readonly Column[],
    { approximate = [] }: Comparison,
  ): Promise<void> {
    const keys = columns
      .filter(({ name }) => !approximate.includes(name))
      .flatMap(({ name, type }) => (isFloat(type) ? [quote(name), `signbit(${quote(name)})`] : [quote(name)]))
    const order = keys.length === 0 ? '' : `order by ${keys.join(', ')}`
    await this.run(`create or replace temp table ${sorted} as from ${table} ${order}`)
  }

  private async compareRows(table: string, { approximate = [] }: Comparison): Promise<string | null> {
    const columns = this.expected
    const [[expected, actual]] = await this.run(`select (select count(*) from ${table}), (select count(*) from actual)`)
    if (expected !== actual) return `${actual} rows instead of ${expected}`
    const differing = columns.map(({ name, type }) => {
      const [e, a] = [`e.${quote(name)}`, `a.${quote(name)}`]
      return isFloat(type) && approximate.includes(name) ? farApart(e, a) : unequal(e, a, type)
    })
    const counts = differing.map((condition) => `count(*) filter (where ${condition})`)
    const both = `${table} e positional join actual a`
    const [totals] = await this.run(`select ${counts.join(', ')} from ${both}`)
    const faults: string[] = []
    for (const [index, total] of totals.entries()) {
      if (Number(total) === 0) continue
      const name = quote(columns[index].name)
      const samples = await this.run(
        `select * from (select row_number() over () - 1 as row, e.${name}::varchar, a.${name}::varchar, ${differing[index]} as differs
         from ${both}) where differs limit 4`,
      )
      const list = samples.map(([row, e, a]) => `row ${row}: ${show(a)} instead of ${show(e)}`)
      faults.push(`${columns[index].name} (${columns[index].type}) differs in ${total} rows: ${list.join('; ')}`)
    }
    return faults.length === 0 ? null : faults.join('\n')
  }
}

function compareHeaders(expected: readonly Column[], actual: readonly Column[]): string | null {
  const text = (columns: readonly Column[]) => columns.map(({ name, type }) => `${name} ${type}`)
  const [wanted, found] = [text(expected), text(actual)]
  if (wanted.join() === found.join()) return null
  if (wanted.length !== found.length) return `columns ${found.join(', ')} instead of ${wanted.join(', ')}`
  return wanted.flatMap((one, i) => (one === found[i] ? [] : [`column ${found[i]} instead of ${one}`])).join('; ')
}

/** The type that Parquet has for one of DuckDB's: decimals stand for HUGEINT, integers for untyped nulls. */
function storedType(type: string): string {
  return type.replace('UHUGEINT', 'DECIMAL(38,0)').replace('HUGEINT', 'DECIMAL(38,0)').replace('"NULL"', 'INTEGER')
}

function isFloat(type: string): boolean {
  return type === 'DOUBLE' || type === 'FLOAT'
}

function unequal(e: string, a: string, type: string): string {
  const different = `${e} is distinct from ${a}`
  return isFloat(type) ? `(${different} or (not isnan(${e}) and signbit(${e}) <> signbit(${a})))` : different
}

function farApart(e: string, a: string): string {
  const near = `${e} = ${a} or abs(${e} - ${a}) <= ${TOLERANCE} * least(abs(${e}), abs(${a})) + 1e-300`
  return `not coalesce(${near}, ${e} is null and ${a} is null)`
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function show(value: unknown): string {
  return value === null ? 'null' : `'${value}'`
}
