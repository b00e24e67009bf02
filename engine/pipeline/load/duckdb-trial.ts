/**
 * Tries rows on DuckDB, which has no savepoints: a statement that fails ends its transaction. So each part is moved in a
 * transaction of its own, which is undone; what it has in common with rows before it is looked for among those.
 */

import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import { faultOf, type Refusal } from './faults.js'
import type { StagedPart, Trial } from './loaded-database.js'
import { latest, partOfStaged, type StagedTable, stagedColumn, withoutRows } from './statements.js'

interface Column {
  readonly name: string
  readonly type: string
}

export interface DuckDbTrialSetting {
  readonly table: string
  readonly schema: Schema
  /** By which rows are replaced; empty where they are added. */
  readonly key: readonly string[]
  readonly before: readonly string[]
  readonly types: () => Promise<readonly Column[]>
  readonly uniqueKeys: () => Promise<readonly (readonly string[])[]>
  /** In the order in which they are moved. */
  readonly staged: readonly (readonly [segment: number, table: StagedTable])[]
  readonly execute: (sql: string) => Promise<void>
  /** The number `found` of a query's only row. */
  readonly found: (sql: string) => Promise<number | null>
  readonly refusal: (error: unknown) => Refusal | null
}

export class DuckDbTrial implements Trial {
  private hasDoubles = false

  private constructor(
    private readonly setting: DuckDbTrialSetting,
    private readonly staged: ReadonlyMap<number, StagedTable>,
    private readonly columns: readonly Column[],
    private readonly uniqueKeys: readonly (readonly string[])[],
  ) {}

  static async open(setting: DuckDbTrialSetting): Promise<DuckDbTrial> {
    const names = setting.schema.fields.map(({ name }) => name.toLowerCase())
    const own = setting.key.map((name) => name.toLowerCase()).sort()
    const keys = (await setting.uniqueKeys())
      .map((key) => key.map((name) => name.toLowerCase()))
      .filter((key) => key.every((name) => names.includes(name)) && key.toSorted().join() !== own.join())
    return new DuckDbTrial(setting, new Map(setting.staged), await setting.types(), keys)
  }

  async attempt(part: StagedPart, statements: readonly string[]): Promise<VolleyError | null> {
    const { setting } = this
    const tried = ['begin transaction', ...setting.before, ...statements, 'rollback'].join(';\n')
    const done = setting.execute(tried)
    // Before anybody else's statement can run on this connection.
    const undone = setting.execute('rollback').catch(() => undefined)
    try {
      await done
    } catch (error) {
      const refusal = setting.refusal(error)
      if (refusal === null || !(error instanceof VolleyError)) throw error
      this.hasDoubles ||= /duplicate key/i.test(error.message)
      return this.explained(error, refusal, part)
    } finally {
      await undone
    }
    // Parts that pass by themselves are compared with others only if some key is known to come twice, or may.
    return this.hasDoubles || part.segment !== this.setting.staged[0][0] ? this.doubled(part) : null
  }

  /** Later parts are compared with the rows that are there. */
  async leaveOut(segment: number, row: number): Promise<void> {
    for (const statement of withoutRows(this.stagedOf(segment), [row])) await this.setting.execute(statement)
  }

  async end(): Promise<void> {}

  /** A key of the part that a row before it has. */
  private async doubled(part: StagedPart): Promise<VolleyError | null> {
    const { table } = this.setting
    for (const key of this.uniqueKeys) {
      const { name, row } = this.partOf(part)
      const later = this.keyed(`(select * from ${name}) as later`, 'later', key, row)
      const staged = this.keyed(this.earlier(part), 'staged', key, row)
      // Columns on both sides, as a hash join takes them: expressions would be compared pair by pair.
      const equal = key.map((_, index) => `later.k${index} = staged.k${index}`)
      // A row of the same key of the load takes the other's place.
      const other = this.setting.key.length === 0 ? [] : ['later.own is distinct from staged.own']
      const sql = `select min(later.number) as found from ${later} as later
        semi join ${staged} as staged on ${[...equal, ...other].join(' and ')}`
      if ((await this.setting.found(sql)) === null) continue
      const message = `Duplicate key (${key.join(', ')}): an earlier row has the same`
      return faultOf(new VolleyError('VOLLEY_DATABASE', message), table, { kind: 'constraint', columns: key })
    }
    return null
  }

  /** Values as the table will have them: of the key `k0`, `k1`, ..., and of the load's own key `own`. */
  private keyed(rows: string, relation: string, key: readonly string[], row: string): string {
    const values = key.map((column, index) => `${this.cast(relation, column)} as k${index}`)
    const own = this.setting.key.map((column) => this.cast(relation, column))
    const owned = own.length === 0 ? [] : [`row(${own.join(', ')}) as own`]
    return `(select ${[`${relation}.${row} as number`, ...values, ...owned].join(', ')} from ${rows})`
  }

  /** The rows before a part, as `staged`: of those that replace each other, the last. */
  private earlier({ first }: StagedPart): string {
    const { schema, key, staged } = this.setting
    const rows = staged.map(([, { name, row }]) => `select * from ${name} where ${row} < ${first}`)
    const all = `(${rows.join(' union all ')})`
    const columns = schema.fields.map(({ name }) => name)
    if (key.length === 0) return `${all} as staged`
    return latest({ table: '', reference: '', columns, key }, { name: `${all} as earlier`, row: staged[0][1].row })
  }

  private async explained(error: VolleyError, refusal: Refusal, part: StagedPart): Promise<VolleyError> {
    const { code, details, message } = error
    const plain = new VolleyError(code, message.replace(/ when casting from source column c\d+/, ''), details, error)
    const isFound = refusal.kind === 'value' && part.end - part.first === 1
    const column = isFound ? await this.unfit(part) : null
    return faultOf(plain, this.setting.table, column === null ? refusal : { ...refusal, columns: [column] })
  }

  /** The column whose value does not become one of its type. */
  private async unfit(part: StagedPart): Promise<string | null> {
    const { name, row } = this.partOf(part)
    for (const { name: column } of this.setting.schema.fields) {
      const value = stagedColumn(this.indexOf(column))
      const bad = `${value} is not null and ${this.cast('later', column)} is null`
      const sql = `select min(${row}) as found from (select * from ${name}) as later where ${bad}`
      if ((await this.setting.found(sql)) !== null) return column
    }
    return null
  }

  private cast(relation: string, column: string): string {
    const value = `${relation}.${stagedColumn(this.indexOf(column))}`
    const type = this.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase())?.type
    return type === undefined ? value : `try_cast(${value} as ${type})`
  }

  private indexOf(column: string): number {
    return this.setting.schema.fields.findIndex(({ name }) => name.toLowerCase() === column.toLowerCase())
  }

  private partOf({ segment, first, end }: StagedPart): StagedTable {
    return partOfStaged(this.stagedOf(segment), first, end)
  }

  private stagedOf(segment: number): StagedTable {
    return this.staged.get(segment)!
  }
}
