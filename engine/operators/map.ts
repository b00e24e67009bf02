/** Map: applies a user's function to batches as Arrow views, or to rows as objects; in a worker or where it was made. */

import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as arrow from 'apache-arrow'
import { fromRecordBatch, toRecordBatch } from '../../io/arrow/record-batch.js'
import { fromArrowSchema, toArrowSchema } from '../../io/arrow/schema.js'
import type { Batch } from '../../io/batch.js'
import { batchOfRecords, toRow } from '../../io/records/row.js'
import { isRetryable, VolleyError } from '../../planner/errors.js'
import { type Schema, typeName, typesEqual } from '../../planner/types.js'
import { unlessCancelled } from '../cancellation.js'
import { concat, releaseBatch } from '../kernels/vectors.js'
import type { ChainStep, UserModule } from '../workers/messages.js'
import { LentBuffers } from './lent-buffers.js'
import type { OperatorContext } from './operator-context.js'
import { OutputColumns } from './output-columns.js'
import { thrownMessage } from './thrown-message.js'

type MapStep = Extract<ChainStep, { kind: 'map' }>
export type UserCall = (input: unknown, kwargs: unknown, output?: unknown) => unknown

/** A function of a module gets the batch, `kwargs`, and columns to write into if it declares a third parameter. */
const OUTPUT_PARAMETER = 3

/** A user's function, and how messages name it. */
export interface NamedCall {
  readonly call: (input: unknown, output?: unknown) => unknown
  /** Whether the function has a parameter for columns to write into. */
  readonly takesOutput: boolean
  readonly label: string
}

/** Maps a batch with a function of a module. `firstRow` numbers the batch's rows in messages; null if they have none. */
export async function mapInWorker(
  context: OperatorContext,
  step: MapStep,
  batch: Batch,
  firstRow: number | null,
): Promise<Batch> {
  return map(context, step.mode, await moduleCall(context, step.function), step.schema, batch, firstRow)
}

/** Loads a function of a module, once in a thread. */
export async function moduleCall(
  { checkCancelled }: Pick<OperatorContext, 'checkCancelled'>,
  source: UserModule,
): Promise<NamedCall> {
  const { module, function: name, kwargs } = source
  const call = await unlessCancelled(loadFunction(source), checkCancelled)
  return {
    call: (input, output) => call(input, kwargs, output),
    takesOutput: call.length >= OUTPUT_PARAMETER,
    label: `${name} of ${module}`,
  }
}

/** The result's blocks are the caller's. Views passed to the function are valid until it returns or resolves. */
export async function map(
  context: OperatorContext,
  mode: 'batch' | 'row',
  named: NamedCall,
  schema: Schema,
  batch: Batch,
  firstRow: number | null,
): Promise<Batch> {
  return mode === 'row' ? mapRows(context, named, schema, batch, firstRow) : mapBatch(context, named, schema, batch)
}

/** A function may return a row, several as an array, or none. */
async function mapRows(
  context: OperatorContext,
  named: NamedCall,
  schema: Schema,
  batch: Batch,
  firstRow: number | null,
): Promise<Batch> {
  const rows: unknown[] = []
  for (let row = 0; row < batch.length; row++) {
    const input = toRow(context.memory, batch, row)
    try {
      const returned = named.call(input)
      const result = returned instanceof Promise ? await settled(context, returned) : returned
      if (Array.isArray(result)) rows.push(...(result as unknown[]))
      else if (result !== null && result !== undefined) rows.push(result)
    } catch (cause) {
      throw failureOf(context, named, cause, firstRow === null ? undefined : firstRow + row)
    }
  }
  return batchOfRecords(schema, rows, context, firstRow ?? 0)
}

async function mapBatch(context: OperatorContext, named: NamedCall, schema: Schema, batch: Batch): Promise<Batch> {
  const buffers = new LentBuffers(batch, context)
  const output = named.takesOutput ? new OutputColumns(context, schema, batch.length) : null
  try {
    const input = toRecordBatch(batch, context.memory, buffers.allocate, buffers.lend)
    const result = await called(context, named, input, output?.arrays)
    if (Array.isArray(result)) return batchOfRecords(schema, result as unknown[], context, 0)
    return output?.take(result) ?? importResult(context, buffers, named, schema, result)
  } finally {
    output?.release()
    buffers.release()
  }
}

async function called(
  context: OperatorContext,
  named: NamedCall,
  input: arrow.RecordBatch,
  output: OutputColumns['arrays'] | undefined,
): Promise<unknown> {
  try {
    return await settled(context, named.call(input, output))
  } catch (cause) {
    throw failureOf(context, named, cause)
  }
}

/** What the function returned or its promise gives; a promise that may never settle is not waited for when cancelled. */
function settled(context: OperatorContext, returned: unknown): unknown {
  return returned instanceof Promise ? unlessCancelled(returned, context.checkCancelled) : returned
}

/** Copies what the function made itself; of `buffers`, what it returned is retained. */
function importResult(
  context: OperatorContext,
  buffers: LentBuffers,
  named: NamedCall,
  schema: Schema,
  result: unknown,
): Batch {
  const batches = recordBatchesOf(named, schema, result)
  for (const recordBatch of batches) checkSchema(named, schema, fromArrowSchema(recordBatch.schema))
  const imported = batches.map((recordBatch) => fromRecordBatch(recordBatch, context.memory, context.allocate, buffers))
  if (imported.length === 1) return { ...imported[0], schema }
  const length = imported.reduce((sum, { length }) => sum + length, 0)
  const columns = schema.fields.map((_, index) =>
    concat(
      context,
      context.allocate,
      imported.map((batch) => batch.columns[index]),
    ),
  )
  for (const batch of imported) releaseBatch(context, batch)
  return { schema, length, columns }
}

/** What a function may return: a RecordBatch, a Table, or an object of columns (typed arrays, arrays, Vectors). */
export function recordBatchesOf(
  named: Pick<NamedCall, 'label'>,
  schema: Schema,
  result: unknown,
): readonly arrow.RecordBatch[] {
  if (result instanceof arrow.RecordBatch) return [result]
  if (result instanceof arrow.Table) {
    return result.batches.length > 0 ? result.batches : [new arrow.RecordBatch(result.schema)]
  }
  if (typeof result === 'object' && result !== null) return [batchOfColumns(named, schema, result)]
  throw new VolleyError(
    'VOLLEY_USER_FUNCTION',
    `${named.label} returned ${result === null ? 'null' : typeof result}: expected a RecordBatch, a Table or an object of columns`,
  )
}

function batchOfColumns(named: Pick<NamedCall, 'label'>, schema: Schema, columns: object): arrow.RecordBatch {
  const given = columns as Readonly<Record<string, unknown>>
  const arrowSchema = toArrowSchema(schema)
  const data = arrowSchema.fields.map((field) => {
    const column = given[field.name]
    if (column instanceof arrow.Vector) {
      return column.data.length === 1 ? column.data[0] : arrow.vectorFromArray([...column], field.type).data[0]
    }
    if (Array.isArray(column)) return arrow.vectorFromArray(column as unknown[], field.type).data[0]
    if (ArrayBuffer.isView(column)) return arrow.makeVector(column as unknown as Float64Array).data[0]
    throw new VolleyError(
      'VOLLEY_USER_FUNCTION',
      `${named.label} returned no column '${field.name}', which its schema declares`,
      { column: field.name },
    )
  })
  const lengths = new Set(data.map((column) => column.length))
  if (lengths.size > 1) {
    throw new VolleyError(
      'VOLLEY_USER_FUNCTION',
      `${named.label} returned columns of different lengths: ${[...lengths].join(', ')}`,
    )
  }
  const fields = data.map((column, index) => new arrow.Field(arrowSchema.fields[index].name, column.type, true))
  const length = data[0]?.length ?? 0
  return new arrow.RecordBatch(
    new arrow.Schema(fields),
    arrow.makeData({ type: new arrow.Struct(fields), length, children: data }),
  )
}

export function checkSchema(named: Pick<NamedCall, 'label'>, expected: Schema, actual: Schema): void {
  const described = (schema: Schema) => schema.fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
  const same =
    expected.fields.length === actual.fields.length &&
    expected.fields.every((field, index) => {
      const other = actual.fields[index]
      return field.name === other.name && typesEqual(field.type, other.type)
    })
  if (same) return
  throw new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `${named.label} returned columns (${described(actual)}), but its schema declares (${described(expected)})`,
    { expected: described(expected), actual: described(actual) },
  )
}

/** Throws VOLLEY_ABORTED instead if the run was cancelled while the function was waited for. */
function failureOf(context: OperatorContext, named: NamedCall, cause: unknown, row?: number): VolleyError {
  context.checkCancelled()
  const message = thrownMessage(cause)
  const place = row === undefined ? '' : ` at row ${row}`
  const details = { row, ...(isRetryable(cause) && { retryable: true }) }
  return new VolleyError('VOLLEY_USER_FUNCTION', `${named.label} failed${place}: ${message}`, details, cause)
}

const loaded = new Map<string, Promise<UserCall>>()

/** What a module exports under a name, loaded once in a thread. VOLLEY_USER_FUNCTION if it is no function. */
export function loadFunction(source: Pick<UserModule, 'module' | 'function'>): Promise<UserCall> {
  const key = JSON.stringify([source.module, source.function])
  let call = loaded.get(key)
  if (call === undefined) {
    call = importFunction(source)
    loaded.set(key, call)
    call.catch(() => loaded.delete(key))
  }
  return call
}

async function importFunction({ module, function: name }: Pick<UserModule, 'module' | 'function'>): Promise<UserCall> {
  const isPath = isAbsolute(module) || /^\.{1,2}[/\\]/.test(module)
  const specifier = isPath ? pathToFileURL(module).href : module
  if (isAbsolute(module) && !existsSync(module)) {
    throw new VolleyError('VOLLEY_USER_FUNCTION', `there is no module ${module}`, { path: module })
  }
  let exports: Readonly<Record<string, unknown>>
  try {
    exports = (await import(specifier)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const hint = !isPath && existsSync(module) ? `; to name the file of that path, write ./${module}` : ''
    throw new VolleyError(
      'VOLLEY_USER_FUNCTION',
      `cannot load module ${module}: ${message}${hint}`,
      { path: module },
      cause,
    )
  }
  const call = exports[name]
  if (typeof call === 'function') return call as UserCall
  const available = Object.keys(exports).join(', ')
  throw new VolleyError(
    'VOLLEY_USER_FUNCTION',
    `module ${module} exports no function '${name}'; it exports: ${available || 'nothing'}`,
    { path: module },
  )
}
