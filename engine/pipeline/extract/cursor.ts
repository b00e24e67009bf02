/** Where a job stands in rows that are ordered by a column. */

import type { Batch, MemoryViews } from '../../../io/batch.js'
import { formatValue } from '../../../io/value-text.js'
import { readValue } from '../../../io/values.js'
import { nearestName, VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { Json } from '../stage.js'

/** Behind the row that is the `seen`-th with this value in the cursor's column. */
export interface CursorPosition {
  readonly value: string
  readonly seen: number
}

export function cursorPosition(position: Json | null): CursorPosition | null {
  return position as unknown as CursorPosition | null
}

export class CursorTracker {
  private readonly index: number

  /** Throws VOLLEY_UNKNOWN_COLUMN. */
  constructor(
    private readonly cursor: string,
    private readonly schema: Schema,
    private last: CursorPosition | null,
    private readonly stage: string,
  ) {
    const names = schema.fields.map(({ name }) => name)
    this.index = names.indexOf(cursor)
    if (this.index >= 0) return
    const near = nearestName(cursor, names)
    const hint = near === null ? '' : `; did you mean ${near}?`
    throw new VolleyError(
      'VOLLEY_UNKNOWN_COLUMN',
      `stage ${stage}: there is no column ${cursor} to go on from${hint}`,
      {
        column: cursor,
        stage,
      },
    )
  }

  /** The position behind a batch, which follows the one before. Throws VOLLEY_BAD_RECORD for a null. */
  after(batch: Batch, memory: MemoryViews): Json {
    const { type } = this.schema.fields[this.index]
    const column = batch.columns[this.index]
    const text = (row: number): string | null => {
      const value = readValue(memory, column, row)
      return value === null ? null : formatValue(value, type)
    }
    const value = text(batch.length - 1)
    if (value === null || text(0) === null) throw this.nullFound()
    let seen = 1
    while (seen < batch.length && text(batch.length - 1 - seen) === value) seen++
    if (seen === batch.length && this.last?.value === value) seen += this.last.seen
    this.last = { value, seen }
    return { value, seen }
  }

  private nullFound(): VolleyError {
    const { cursor, stage } = this
    return new VolleyError(
      'VOLLEY_BAD_RECORD',
      `stage ${stage}: column ${cursor} has nulls, so that a job could not go on from it`,
      { column: cursor, stage, expected: 'a value', actual: 'null' },
    )
  }
}
