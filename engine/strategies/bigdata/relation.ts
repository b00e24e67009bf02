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
    /** Of the rows; those of their keys that are no columns follow. */
    readonly schema: Schema,
    private readonly keys: readonly TypedExpression[],
    private readonly staged: StagedRows | null,
    private readonly rest: string | null,
    /** What all rows would take in memory, by estimate. */
    readonly bytes: number,
  ) {}

  /**
   * `staged` has the columns of `schema` and `computedKeys`; `rest` is a SELECT of the columns and a position `p0`, over which
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
    let next = this.schema.fields.length
    return this.keys.map((key) => `${alias}.c${isColumn(key) ? key.index : next++}`)
  }

  /** For FROM: the columns, the keys, and `part` and `place`, which order the rows as they came. */
  get from(): string {
    const parts: string[] = []
    const computed = computedKeys(this.keys)
    const names = withKeys(this.schema, computed).fields.map((_, index) => `c${index}`)
    if (this.staged !== null) {
      parts.push(`SELECT ${[...names, '0 AS part', 'rowid AS place'].join(', ')} FROM ${this.staged.table}`)
    }
    if (this.rest !== null) {
      const width = this.schema.fields.length
      const list = names.map((name, index) =>
        index < width ? name : `${sqlOverColumns(computed[index - width])} AS ${name}`,
      )
      parts.push(`SELECT ${[...list, '1 AS part', 'p0 AS place'].join(', ')} FROM (${this.rest})`)
    }
    // The larger part comes first: with few rows before many, DuckDB does not spill in time (1.5.6).
    return `(${parts.reverse().join(' UNION ALL ')})`
  }

  /** To be dropped once a query over the relation has ended. */
  get tables(): readonly StagedRows[] {
    return this.staged === null ? [] : [this.staged]
  }

  /** The rows of a query over this relation alone. */
  query(sql: string, schema: Schema): AsyncGenerator<Batch> {
    return queried(this.run, sql, schema, this.tables)
  }
}

/** Keys that are more than a column. */
export function computedKeys(keys: readonly TypedExpression[]): readonly TypedExpression[] {
  return keys.filter((key) => !isColumn(key))
}

function isColumn(key: TypedExpression): key is Extract<TypedExpression, { kind: 'column' }> {
  return key.kind === 'column'
}
