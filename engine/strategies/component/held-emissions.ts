/** What a method emits for one record, held back until it is known that the record can be processed. */

import * as arrow from 'apache-arrow'
import { recordValue } from '../../../io/records/row.js'
import { type Emit, type Emitted, MAIN_PORT, type PortSchemas } from '../../../planner/component.js'
import { VolleyError } from '../../../planner/errors.js'

export class HeldEmissions {
  private readonly held: { readonly emitted: Emitted; readonly port: string }[] = []

  constructor(
    private readonly ports: PortSchemas,
    /** The record's place in the input of the component. */
    private readonly row: number,
  ) {}

  readonly emit: Emit = (emitted, port = MAIN_PORT) => {
    this.held.push({ emitted, port })
  }

  /** Emits all of it, or none if a row does not fit the columns of its port. @throws VolleyError VOLLEY_BAD_RECORD */
  passOn(emit: Emit): void {
    for (const { emitted, port } of this.held) {
      if (emitted instanceof arrow.RecordBatch || emitted instanceof arrow.Table) continue
      const rows: readonly unknown[] = Array.isArray(emitted) ? emitted : [emitted]
      const fields = Object.hasOwn(this.ports, port) ? this.ports[port].fields : []
      for (const row of rows) for (const field of fields) recordValue(row, field, this.row)
    }
    for (const { emitted, port } of this.held) emit(emitted, port)
  }
}

export function isMalformedRow(error: unknown): error is VolleyError {
  return error instanceof VolleyError && error.code === 'VOLLEY_BAD_RECORD'
}
