/** Tries rows in one transaction that is undone at the end, each part within a savepoint. */

import { VolleyError } from '../../../planner/errors.js'
import { faultOf, type Refusal } from './faults.js'
import type { StagedPart, Trial } from './loaded-database.js'
import { type StagedTable, withoutRows } from './statements.js'

const SAVEPOINT = 'volley_part'

export interface TrialSetting {
  readonly table: string
  readonly run: (sql: string) => Promise<void>
  readonly refusal: (error: unknown) => Refusal | null
  readonly staged: (segment: number) => StagedTable
}

export class SavepointTrial implements Trial {
  private readonly leftOut = new Map<number, number[]>()

  private constructor(private readonly setting: TrialSetting) {}

  /** `begin` begins the transaction. */
  static async open(begin: readonly string[], setting: TrialSetting): Promise<SavepointTrial> {
    const trial = new SavepointTrial(setting)
    try {
      for (const statement of begin) await setting.run(statement)
    } catch (error) {
      await trial.undo()
      throw error
    }
    return trial
  }

  async attempt(_part: StagedPart, statements: readonly string[]): Promise<VolleyError | null> {
    const { run, refusal, table } = this.setting
    try {
      await run([`savepoint ${SAVEPOINT}`, ...statements, `release savepoint ${SAVEPOINT}`].join(';\n'))
      return null
    } catch (error) {
      const refused = refusal(error)
      if (refused === null || !(error instanceof VolleyError)) throw error
      // A trigger may have ended the transaction: then no row can be tried any more.
      await run(`rollback to savepoint ${SAVEPOINT}; release savepoint ${SAVEPOINT}`).catch(() => {
        throw error
      })
      return faultOf(error, table, refused)
    }
  }

  async leaveOut(segment: number, row: number): Promise<void> {
    const rows = this.leftOut.get(segment) ?? []
    rows.push(row)
    this.leftOut.set(segment, rows)
  }

  /** Staged rows are beyond the transaction of some databases: they are left as they are while it lasts. */
  async end(): Promise<void> {
    await this.undo()
    const { run, staged } = this.setting
    for (const [segment, rows] of this.leftOut) {
      for (const statement of withoutRows(staged(segment), rows)) await run(statement)
    }
  }

  private async undo(): Promise<void> {
    await this.setting.run('rollback').catch(() => undefined)
  }
}
