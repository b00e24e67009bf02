/** Expects the same columns of all batches of an output. */

import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import { describeColumns, sameColumns } from '../../operators/called-outputs.js'

export class OneSchema {
  /** Null before the first batch. */
  private known: Schema | null
  private fitting: Schema | null = null

  /** `target` names the output. */
  constructor(
    private readonly target: string,
    known: Schema | null = null,
  ) {
    this.known = known
  }

  /** Throws VOLLEY_SCHEMA_MISMATCH for other columns than those before. */
  expect(schema: Schema): void {
    this.known ??= schema
    if (schema === this.known || schema === this.fitting) return
    if (!sameColumns(this.known, schema)) {
      const [expected, actual] = [describeColumns(this.known), describeColumns(schema)]
      const message = `${this.target}: a batch has columns (${actual}), earlier ones had (${expected})`
      throw new VolleyError('VOLLEY_SCHEMA_MISMATCH', message, { path: this.target, expected, actual })
    }
    this.fitting = schema
  }
}
