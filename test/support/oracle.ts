/** DuckDB as the judge: results are written to Parquet by volley and compared inside DuckDB, by column, with types. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Frame } from '../../index.js'

export interface Comparison {
  /** Rows must come in the order of the query; otherwise both results are sorted first. */
  readonly ordered?: boolean
  /** Floating-point columns, by name, that may be off by a share of `TOLERANCE`; all others are exact to the bit. */
  readonly approximate?: readonly string[]
}

/** Relative error of floating-point sums and what is made of them, which depends on the order of additions. */
export const TOLERANCE = 1e-9

interface Column {
  readonly name: string
  readonly type: string
}

export class Oracle {
  private results = 0

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
    const columns = await this.store('expected', sql, comparison)
    const found: (string | null)[] = []
    for (const frame of frames) {
      const path = this.path(`result-${++this.results}.parquet`)
      try {
        // Every other file is plain, which is quicker.
        const plain = this.results % 2 === 0
        await frame.sinkParquet(path, plain ? { dictionary: false, compression: 'none' } : {})
        const actual = await this.store('actual', `from read_parquet('${path}')`, comparison)
        found.push(compareHeaders(columns, actual) ?? (await this.compareRows(columns, comparison)))
      } finally {
        rmSync(path, { force: true })
      }
    }
    return found
  }

  /** Keeps the rows of a query as a table, sorted if their order does not matter. */
  private async store(table: string, sql: string, { ordered, approximate = [] }: Comparison): Promise<Column[]> {
    await this.run(`create or replace temp table ${table} as ${sql}`)
    const columns = (await this.run(`describe ${table}`)).map(
      ([name, type]): Column => ({ name: String(name), type: storedType(String(type)) }),
    )
    if (ordered !== true) {
      const keys = columns
        .filter(({ name }) => !approximate.includes(name))
        .flatMap(({ name, type }) => (isFloat(type) ? [quote(name), `signbit(${quote(name)})`] : [quote(name)]))
      if (keys.length > 0) {
        await this.run(`create or replace temp table ${table} as from ${table} order by ${keys.join(', ')}`)
      }
    }
    return columns
  }

  private async compareRows(columns: readonly Column[], { approximate = [] }: Comparison): Promise<string | null> {
    const [[expected, actual]] = await this.run('select (select count(*) from expected), (select count(*) from actual)')
    if (expected !== actual) return `${actual} rows instead of ${expected}`
    const differing = columns.map(({ name, type }) => {
      const [e, a] = [`e.${quote(name)}`, `a.${quote(name)}`]
      return isFloat(type) && approximate.includes(name) ? farApart(e, a) : unequal(e, a, type)
    })
    const counts = differing.map((condition) => `count(*) filter (where ${condition})`)
    const both = 'expected e positional join actual a'
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
