/** Rows that DuckDB works on: in a table, in files that it reads itself, or first the one and then the others. */

import type { Batch } from '../../../io/batch.js'
import type { TypedExpression } from '../../../planner/expression.js'
import type { Schema } from '../../../planner/types.js'
import type { Run } from '../../run.js'
import { sqlOverColumns, withKeys } from './rest.js'
import { queried, type StagedRows } from './staged-rows.js'

export class Relation {
  private constructor(
    private readonly run: Run,
    /** Of the rows; their computed keys follow. */
    readonly schema: Schema,
    private readonly keys: readonly TypedExpression[],
    private readonly staged: StagedRows | null,
    private readonly rest: string | null,
    /** What all rows would take in memory, by estimate. */
    readonly bytes: number,
  ) {}

  /**
   * `staged` has the columns of `schema` and the keys; `rest` is a SELECT of the columns and a position `p0`, over which
   * the keys can be written as SQL, and whose rows come after those that are staged.
   */
  static of(
    run: Run,
    schema: Schema,
    keys: readonly TypedExpression[],
    { staged, rest, bytes }: { staged: StagedRows | null; rest: string | null; bytes?: number },
  ): Relation {
    return new Relation(run, schema, keys, staged, rest, bytes ?? staged?.bytes ?? 0)
  }

  /** Names of the columns of the rows, under an alias. */
  columns(alias: string): string[] {
    return this.schema.fields.map((_, index) => `${alias}.c${index}`)
  }

  keyColumns(alias: string): string[] {
    return this.keys.map((_, index) => `${alias}.c${this.schema.fields.length + index}`)
  }

  /** For FROM: the columns, the keys, and `part` and `place`, which order the rows as they came. */
  get from(): string {
    const parts: string[] = []
    const names = withKeys(this.schema, this.keys).fields.map((_, index) => `c${index}`)
    if (this.staged !== null) {
      parts.push(`SELECT ${[...names, '0 AS part', 'rowid AS place'].join(', ')} FROM ${this.staged.table}`)
    }
    if (this.rest !== null) {
      const width = this.schema.fields.length
      const list = names.map((name, index) =>
        index < width ? name : `${sqlOverColumns(this.keys[index - width])} AS ${name}`,
      )
      parts.push(`SELECT ${[...list, '1 AS part', 'p0 AS place'].join(', ')} FROM (${this.rest})`)
    }
    return `(${parts.join(' UNION ALL ')})`
  }

  /** The rows of a query over this relation, and over others; staged tables are dropped at its end. */
  query(sql: string, schema: Schema, others: readonly Relation[] = []): AsyncGenerator<Batch> {
    const tables = [this, ...others].flatMap(({ staged }) => (staged === null ? [] : [staged]))
    return queried(this.run, sql, schema, tables)
  }
}
