/** DuckDB as the judge of plans: a query and the plans made of it must give the same columns and rows. */

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { evaluateScalar } from '../../engine/kernels/evaluate.js'
import { SqlParser } from '../../io/duckdb/parser.js'
import type { LogicalPlan, ResolvedPlan, TableSource } from '../../planner/logical-plan.js'
import { type OptimizeOptions, type OptimizerContext, optimize } from '../../planner/optimizer/optimizer.js'
import { resolvePlan } from '../../planner/resolve.js'
import { expandPlan, parseTexts } from '../../planner/sql/expand.js'
import { parseTypeName } from '../../planner/type-names.js'
import { field, INT32, schemaOf } from '../../planner/types.js'
import { sqlOf } from './plan-sql.js'
import type { TestTable } from './tpch.js'

const ONE_ROW: TestTable = {
  source: { id: -1, format: 'memory', label: 'one row' },
  schema: schemaOf([field('nothing', INT32)]),
  rows: 1,
}

/** Plans over tables that need not exist. */
export class Planner {
  private readonly parser = new SqlParser()
  private readonly byId: ReadonlyMap<number, TestTable>

  constructor(private readonly tables: ReadonlyMap<string, TestTable>) {
    this.byId = new Map([ONE_ROW, ...tables.values()].map((table) => [table.source.id, table]))
  }

  readonly context: OptimizerContext = {
    evaluateConstant: (expression) => {
      try {
        return evaluateScalar(expression, () => null)
      } catch {
        return undefined
      }
    },
    estimateRows: ({ source }) => this.byId.get(source.id)?.rows ?? null,
  }

  async expand(plan: LogicalPlan): Promise<LogicalPlan> {
    const parsed = await parseTexts(plan, (statements) => this.parser.parse(statements))
    return expandPlan(plan, parsed, {
      lookup: ({ names }) => this.scan(names[0]),
      columnsOf: (table) => this.resolved(table).schema.fields.map((one) => one.name),
      oneRow: { kind: 'scan', source: ONE_ROW.source },
    })
  }

  async resolve(plan: LogicalPlan | string): Promise<ResolvedPlan> {
    return this.resolved(await this.expand(typeof plan === 'string' ? { kind: 'sql', text: plan, tables: {} } : plan))
  }

  async optimize(plan: LogicalPlan | string, options?: OptimizeOptions): Promise<ResolvedPlan> {
    return optimize(await this.resolve(plan), this.context, options)
  }

  scan(name: string): LogicalPlan | null {
    const table = this.tables.get(name.toLowerCase())
    return table === undefined ? null : { kind: 'scan', source: table.source }
  }

  close(): Promise<void> {
    return this.parser.close()
  }

  private resolved(plan: LogicalPlan): ResolvedPlan {
    return resolvePlan(plan, (source) => this.byId.get(source.id)?.schema ?? schemaOf([]))
  }
}

export interface Result {
  readonly columns: readonly string[]
  readonly rows: readonly string[]
}

/** Tables that exist in DuckDB. */
export class PlanJudge {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    readonly planner: Planner,
  ) {}

  /** `definitions` are queries by the name of the table to make of them. */
  static async open(definitions: Readonly<Record<string, string>>): Promise<PlanJudge> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    const tables = new Map<string, TestTable>()
    for (const [name, query] of Object.entries(definitions)) {
      await connection.run(`create table ${name} as ${query}`)
      const described = (await connection.runAndReadAll(`describe ${name}`)).getRows()
      const fields = described.map(([column, type]) => field(String(column), parseTypeName(String(type))))
      const [[rows]] = (await connection.runAndReadAll(`select count(*) from ${name}`)).getRows()
      const source: TableSource = { id: tables.size, format: 'memory', label: name }
      tables.set(name, { source, schema: schemaOf(fields), rows: Number(rows) })
    }
    await connection.run('create table one_row as select 1 as nothing')
    return new PlanJudge(instance, connection, new Planner(tables))
  }

  async run(sql: string, ordered: boolean): Promise<Result> {
    const reader = await this.connection.runAndReadAll(sql)
    const rows = reader.getRowsJson().map((row) => JSON.stringify(row))
    return { columns: reader.columnNames(), rows: ordered ? rows : rows.sort() }
  }

  runPlan(plan: ResolvedPlan, ordered: boolean): Promise<Result> {
    return this.run(
      sqlOf(plan, ({ id, label }) => (id === ONE_ROW.source.id ? 'one_row' : label)),
      ordered,
    )
  }

  async close(): Promise<void> {
    await this.planner.close()
    this.connection.closeSync()
    this.instance.closeSync()
  }
}
