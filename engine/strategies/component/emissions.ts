/** Collects what methods of a component emit: rows are gathered into batches, port by port in order. */

import * as arrow from 'apache-arrow'
import { show } from '../../../planner/arguments.js'
import { type Component, type Emitted, MAIN_PORT, type PortSchemas } from '../../../planner/component.js'
import { nearestName, VolleyError } from '../../../planner/errors.js'
import type { Row } from '../../../planner/user-functions.js'
import type { Out, Outputs, Payload } from '../strategy.js'

/** Rows of a batch at most. */
const BATCH_ROWS = 65_536

interface Gathered {
  readonly rows: Row[]
  /** Of each row, the record it was emitted for. */
  readonly records: (number | null)[]
}

export class Emissions implements Outputs {
  record: number | null = null
  private readonly gathered = new Map<string, Gathered>()
  private outs: Out[] = []

  constructor(
    private readonly component: Component,
    private readonly ports: PortSchemas,
    private readonly batchOf: Payload['batchOf'],
  ) {}

  readonly emit = (emitted: Emitted, port: string = MAIN_PORT): void => {
    expectPort(this.component, this.ports, port)
    if (emitted instanceof arrow.RecordBatch) this.batch(emitted, port)
    else if (emitted instanceof arrow.Table) for (const batch of emitted.batches) this.batch(batch, port)
    else if (Array.isArray(emitted)) for (const row of emitted as readonly Row[]) this.row(row, port)
    else this.row(emitted as Row, port)
  }

  take(): readonly Out[] {
    for (const port of this.gathered.keys()) this.flush(port)
    const { outs } = this
    this.outs = []
    return outs
  }

  private batch(batch: arrow.RecordBatch, port: string): void {
    this.flush(port)
    if (batch.numRows > 0) this.outs.push({ port, batch })
  }

  private row(row: Row, port: string): void {
    if (typeof row !== 'object' || row === null) {
      throw new VolleyError(
        'VOLLEY_USER_FUNCTION',
        `component '${this.component.name}' emitted ${show(row)} to port '${port}': expected a row, rows or a batch`,
      )
    }
    let gathered = this.gathered.get(port)
    if (gathered === undefined) {
      gathered = { rows: [], records: [] }
      this.gathered.set(port, gathered)
    }
    gathered.rows.push(row)
    gathered.records.push(this.record)
    if (gathered.rows.length === BATCH_ROWS) this.flush(port)
  }

  private flush(port: string): void {
    const gathered = this.gathered.get(port)
    if (gathered === undefined) return
    this.gathered.delete(port)
    try {
      this.outs.push({ port, batch: this.batchOf(gathered.rows, port) })
    } catch (error) {
      throw badRecord(this.component, port, gathered.records, error)
    }
  }
}

export function expectPort({ name }: Component, ports: PortSchemas, port: string): void {
  if (Object.hasOwn(ports, port)) return
  const known = Object.keys(ports)
  const nearest = nearestName(port, known)
  throw new VolleyError(
    'VOLLEY_INVALID_ARGUMENT',
    `component '${name}' has no port '${port}', only ${known.map((one) => `'${one}'`).join(', ')}${nearest === null ? '' : `; did you mean '${nearest}'?`}`,
    { expected: known.join(', '), actual: port },
  )
}

/** Names the record that was passed to the component instead of the one that came out of it. */
function badRecord({ name }: Component, port: string, records: readonly (number | null)[], error: unknown): unknown {
  if (!(error instanceof VolleyError) || error.code !== 'VOLLEY_BAD_RECORD') return error
  const { column, row: index, expected, actual } = error.details
  const row = index === undefined ? null : records[index]
  const about = row === null ? '' : ` for row ${row}`
  const what = column === undefined ? error.message : `column ${column}: expected ${expected}, got ${actual}`
  return new VolleyError(
    'VOLLEY_BAD_RECORD',
    `component '${name}' emitted a record to port '${port}'${about} that does not fit: ${what}`,
    { ...error.details, component: name, row: row ?? undefined },
    error,
  )
}
