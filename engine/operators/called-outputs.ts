/** Gathers what a function of a stage puts out into batches, port by port in order. */

import * as arrow from 'apache-arrow'
import { fromRecordBatch } from '../../io/arrow/record-batch.js'
import { fromArrowSchema } from '../../io/arrow/schema.js'
import type { Batch } from '../../io/batch.js'
import { describeValue } from '../../io/describe-value.js'
import { inferSchema } from '../../io/records/infer.js'
import { batchOfRecords } from '../../io/records/row.js'
import { VolleyError } from '../../planner/errors.js'
import { field, type Schema, schemaOf, typeName, typesEqual } from '../../planner/types.js'
import { releaseBatch } from '../kernels/vectors.js'
import type { LentBuffers } from './lent-buffers.js'
import type { OperatorContext } from './operator-context.js'

/** What calling takes of the thread that it happens in. */
export type CallContext = Pick<OperatorContext, 'memory' | 'allocate' | 'retain' | 'release' | 'checkCancelled'>

/** The schema of a port. One that was found from outputs takes no further columns: they would be lost in silence. */
export interface KnownSchema {
  readonly schema: Schema
  readonly isInferred: boolean
}

export type KnownSchemas = Readonly<Record<string, KnownSchema>>

/** An output, whose blocks are the caller's. */
export interface CalledOutput {
  readonly port: string
  readonly batch: Batch
  readonly isInferred: boolean
}

interface Gathered {
  readonly records: unknown[]
  /** Of each record, the row that it came of; null if it came of a batch. */
  readonly rows: (number | null)[]
}

export class CalledOutputs {
  /** The row that the function is called with; null where it is a batch. */
  row: number | null = null
  private readonly gathered = new Map<string, Gathered>()
  private readonly known: Map<string, KnownSchema>
  private readonly outputs: CalledOutput[] = []

  constructor(
    private readonly context: CallContext,
    private readonly names: { readonly stage: string; readonly label: string },
    schemas: KnownSchemas,
    private readonly buffers: LentBuffers,
  ) {
    this.known = new Map(Object.entries(schemas))
  }

  /** Takes a RecordBatch, a Table, records, a record or nothing; of a function that gets a batch, typed arrays by column, too. */
  add(port: string, output: unknown): void {
    if (output === null || output === undefined) return
    if (typeof port !== 'string' || port === '')
      throw this.unfit(port, `emitted to ${describeValue(port)}: expected the name of a port`)
    if (output instanceof arrow.RecordBatch) this.addBatch(port, output)
    else if (output instanceof arrow.Table) for (const batch of output.batches) this.addBatch(port, batch)
    else if (Array.isArray(output)) for (const record of output as readonly unknown[]) this.addRecord(port, record)
    else if (this.row === null && isColumns(output)) this.addBatch(port, batchOfArrays(output))
    else this.addRecord(port, output)
  }

  take(): readonly CalledOutput[] {
    for (const port of [...this.gathered.keys()]) this.flush(port)
    return this.outputs
  }

  abandon(): void {
    for (const { batch } of this.outputs) releaseBatch(this.context, batch)
  }

  private addRecord(port: string, record: unknown): void {
    let gathered = this.gathered.get(port)
    if (gathered === undefined) {
      gathered = { records: [], rows: [] }
      this.gathered.set(port, gathered)
    }
    if (typeof record !== 'object' || record === null || Array.isArray(record) || ArrayBuffer.isView(record)) {
      const got = record === null ? 'null' : describeValue(record)
      throw this.unfit(port, `gave ${got}: expected a RecordBatch, a Table, a record, several as an array, or null`)
    }
    gathered.records.push(record)
    gathered.rows.push(this.row)
  }

  private addBatch(port: string, recordBatch: arrow.RecordBatch): void {
    this.flush(port)
    if (recordBatch.numRows === 0) return
    const { memory, allocate } = this.context
    const given = fromArrowSchema(recordBatch.schema)
    const schema = this.settled(port, () => nullable(given))
    this.checkColumns(port, schema.schema, given)
    const batch = fromRecordBatch(recordBatch, memory, allocate, this.buffers, given)
    this.put(port, { ...batch, schema: schema.schema }, schema)
  }

  private flush(port: string): void {
    const gathered = this.gathered.get(port)
    this.gathered.delete(port)
    if (gathered === undefined || gathered.records.length === 0) return
    const { records, rows } = gathered
    try {
      const schema = this.settled(port, () => inferSchema(records))
      if (schema.isInferred) refuseUnknown(schema.schema, records)
      this.put(port, batchOfRecords(schema.schema, records, this.context), schema)
    } catch (error) {
      throw this.badRecord(port, rows, error)
    }
  }

  private put(port: string, batch: Batch, { isInferred }: KnownSchema): void {
    this.outputs.push({ port, batch, isInferred })
  }

  private settled(port: string, infer: () => Schema): KnownSchema {
    let schema = this.known.get(port)
    if (schema === undefined) {
      schema = { schema: infer(), isInferred: true }
      this.known.set(port, schema)
    }
    return schema
  }

  private checkColumns(port: string, expected: Schema, actual: Schema): void {
    if (sameColumns(expected, actual)) return
    const [wanted, got] = [describeColumns(expected), describeColumns(actual)]
    const { stage } = this.names
    throw new VolleyError(
      'VOLLEY_SCHEMA_MISMATCH',
      `${this.place(port)} gave columns (${got}) where (${wanted}) are expected`,
      { stage, port, expected: wanted, actual: got },
    )
  }

  private badRecord(port: string, rows: readonly (number | null)[], error: unknown): unknown {
    if (!(error instanceof VolleyError)) return error
    const { row: index, column } = error.details
    const row = index === undefined ? null : rows[index]
    const came = row === null || row === undefined ? '' : ` for row ${row} of the batch`
    const { stage } = this.names
    return new VolleyError(
      error.code,
      `${this.place(port)} gave a record${came} that does not fit: ${error.message}`,
      { ...error.details, stage, port, column, row: row ?? undefined },
      error,
    )
  }

  private unfit(port: unknown, fault: string): VolleyError {
    const { stage } = this.names
    const row = this.row === null ? '' : ` at row ${this.row} of the batch`
    return new VolleyError('VOLLEY_USER_FUNCTION', `${this.place(port)}${row} ${fault}`, {
      stage,
      row: this.row ?? undefined,
    })
  }

  private place(port: unknown): string {
    const { stage, label } = this.names
    return `stage '${stage}': ${label}${port === 'main' || typeof port !== 'string' ? '' : `, port '${port}',`}`
  }
}

type Columns = Readonly<Record<string, ArrayBufferView | arrow.Vector>>

function isColumns(output: unknown): output is Columns {
  if (typeof output !== 'object' || output === null) return false
  const columns = Object.values(output)
  return columns.length > 0 && columns.every((one) => ArrayBuffer.isView(one) || one instanceof arrow.Vector)
}

/** What a function computes without nulls is soonest there as typed arrays. */
function batchOfArrays(columns: Columns): arrow.RecordBatch {
  const vectors = Object.entries(columns).map(([name, column]) => [
    name,
    column instanceof arrow.Vector ? column : arrow.makeVector(column as unknown as Float64Array),
  ])
  const { batches } = new arrow.Table(Object.fromEntries(vectors) as Record<string, arrow.Vector>)
  return batches[0]
}

/** True if columns have the same names and types, in order. */
export function sameColumns(a: Schema, b: Schema): boolean {
  if (a === b) return true
  if (a.fields.length !== b.fields.length) return false
  return a.fields.every(
    ({ name, type }, index) => name === b.fields[index].name && typesEqual(type, b.fields[index].type),
  )
}

export function describeColumns({ fields }: Schema): string {
  return fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
}

/** A batch without nulls says nothing of those to come. */
function nullable({ fields }: Schema): Schema {
  return schemaOf(fields.map(({ name, type }) => field(name, type)))
}

function refuseUnknown({ fields }: Schema, records: readonly unknown[]): void {
  const known = new Set(fields.map(({ name }) => name))
  for (const [row, record] of records.entries()) {
    for (const name of Object.keys(record as object)) {
      if (known.has(name)) continue
      throw new VolleyError(
        'VOLLEY_BAD_RECORD',
        `it has a field ${name} that the first output lacked: declare a schema`,
        { row, column: name },
      )
    }
  }
}
