/** Queries over Parquet files as the one statement that DuckDB is given for them. */

import { openParquetSource, type ParquetSource } from '../../io/parquet/source.js'
import type { TableOf } from '../../planner/duckdb-sql/plan.js'
import { type Pushdown, pushdownOf } from '../../planner/duckdb-sql/pushdown.js'
import { parquetScanSql } from '../../planner/duckdb-sql/scans.js'
import type { LogicalPlan, ResolvedPlan, TableSource } from '../../planner/logical-plan.js'
import { Planner } from './plan-judge.js'

export class PushdownJudge {
  readonly planner: Planner

  private constructor(private readonly sources: ReadonlyMap<number, ParquetSource>) {
    const tables = [...sources.values()].map((source) => {
      const { id, format, label, schema } = source
      const rows = source.estimate({ columns: [], predicate: null }).rows ?? 0
      return [label, { source: { id, format, label }, schema, rows }] as const
    })
    this.planner = new Planner(new Map(tables))
  }

  /** `paths` are files by the lower-case names that queries call them. */
  static open(paths: Readonly<Record<string, string | readonly string[]>>): PushdownJudge {
    const sources = Object.entries(paths).map(([name, own], id) => openParquetSource([own].flat(), id, name))
    return new PushdownJudge(new Map(sources.map((source) => [source.id, source])))
  }

  async pushed(query: LogicalPlan | string): Promise<{ readonly plan: ResolvedPlan; readonly pushdown: Pushdown }> {
    const plan = await this.planner.optimize(query)
    return { plan, pushdown: pushdownOf(plan, (source) => this.sourceOf(source)) }
  }

  /** The statement for a query. */
  async statement(query: string): Promise<string> {
    const { pushdown } = await this.pushed(query)
    if (pushdown.kind === 'refused') throw new Error(`${pushdown.reason}: ${query}`)
    return pushdown.sql(this.scan)
  }

  readonly scan: TableOf = ({ schema, source }, position) => {
    const file = this.sourceOf(source)
    const columns = schema.fields.map(({ name, type }) => ({ name, type, constants: file.constantsOf(name) }))
    return parquetScanSql(file.files, columns, position)
  }

  close(): Promise<void> {
    return this.planner.close()
  }

  private sourceOf({ id, label }: TableSource): ParquetSource {
    const source = this.sources.get(id)
    if (source === undefined) throw new Error(`${label} is no file`)
    return source
  }
}
