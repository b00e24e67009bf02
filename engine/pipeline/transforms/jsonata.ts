/**
 * JSONata as part of a frame. Objects of plain columns and constants are expressions over columns, with the columns'
 * types; all else is evaluated in the worker threads.
 */

import { inferSchema } from '../../../io/records/infer.js'
import { VolleyError } from '../../../planner/errors.js'
import { type Expr, operand, type Value, wrap } from '../../../planner/expr.js'
import type { Frame } from '../../../planner/frame.js'
import type { Transform } from '../../../planner/pipeline/definition.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import { type DataType, isNested, type Schema } from '../../../planner/types.js'
import type { JsonataArguments } from './jsonata-records.js'

/** A node of the package's tree; its own types leave kinds out. */
interface JsonataNode {
  readonly type: string
  readonly value?: unknown
  readonly steps?: readonly JsonataNode[]
  readonly expressions?: readonly JsonataNode[]
  readonly arguments?: readonly JsonataNode[]
  readonly procedure?: JsonataNode
  /** Of an object. */
  readonly lhs?: readonly (readonly [JsonataNode, JsonataNode])[]
}

export type JsonataTransform = Extract<Transform, { readonly kind: 'jsonata' }>

/** Input records from whose results the schema is inferred if none is declared: in a stream, of its first batch. */
const SAMPLE_ROWS = 1000

/** @throws VolleyError VOLLEY_PARSE, with the position; VOLLEY_INVALID_ARGUMENT if no schema can be inferred. */
export async function applyJsonata(frame: Frame, transform: JsonataTransform, startedAt: Date): Promise<Frame> {
  const tree = await parseJsonata(transform.expression)
  const input = await schemaOf(frame)
  if (transform.mode === 'record' && transform.schema === null) {
    const columns = columnsOf(tree, input)
    if (columns !== null) return columns(frame)
  }
  const kwargs = argumentsOf(transform, input, startedAt)
  const schema = transform.schema ?? (await inferred(frame, transform, kwargs))
  const source = {
    module: new URL('./jsonata-records.js', import.meta.url),
    function: transform.mode === 'record' ? 'evaluateRecord' : 'evaluateBatch',
    kwargs: { ...kwargs, found: transform.schema === null ? schema.fields.map(({ name }) => name) : null },
  }
  return transform.mode === 'record' ? frame.mapRows(source, { schema }) : frame.mapBatches(source, { schema })
}

async function parseJsonata(expression: string): Promise<JsonataNode> {
  const { default: jsonata } = await import('jsonata')
  try {
    return jsonata(expression).ast() as unknown as JsonataNode
  } catch (cause) {
    const { message, position } = cause as { readonly message?: string; readonly position?: number }
    throw new VolleyError(
      'VOLLEY_PARSE',
      `JSONata: ${message ?? String(cause)}`,
      { expression, ...(position === undefined ? {} : { position: Math.max(0, position - 1) }) },
      cause,
    )
  }
}

function argumentsOf({ expression }: JsonataTransform, { fields }: Schema, startedAt: Date): JsonataArguments {
  const named = (kind: DataType['kind']) => fields.filter(({ type }) => type.kind === kind).map(({ name }) => name)
  const decimals = fields.flatMap(({ name, type }) => (type.kind === 'decimal' ? [[name, type.scale] as const] : []))
  return {
    expression,
    startedAt: startedAt.toISOString(),
    decimals: Object.fromEntries(decimals),
    dates: named('date'),
    timestamps: named('timestamp'),
    found: null,
  }
}

async function inferred(
  frame: Frame,
  { mode, expression }: JsonataTransform,
  kwargs: JsonataArguments,
): Promise<Schema> {
  const { evaluateRecord, evaluateRecords, recordsOf } = await import('./jsonata-records.js')
  const rows: Record<string, unknown>[] = []
  for await (const row of frame.limit(SAMPLE_ROWS).rows()) rows.push(row)
  const calls: readonly (() => Promise<unknown>)[] =
    mode === 'batch' ? [() => evaluateRecords(rows, kwargs)] : rows.map((row) => () => evaluateRecord(row, kwargs))
  const results: unknown[] = []
  let failure: unknown = null
  for (const call of calls) {
    try {
      results.push(...recordsOf(await call()))
    } catch (error) {
      // Records that fail will do so again, where failures are dealt with: here they only tell no columns.
      failure ??= error
    }
  }
  const schema = inferSchema(results)
  if (schema.fields.length > 0) return schema
  const reason = failure instanceof Error ? ` (${failure.message})` : ''
  throw new VolleyError(
    'VOLLEY_INVALID_ARGUMENT',
    `JSONata gave no records for the first ${rows.length} of the input${reason}, so that the columns are unknown; declare a schema`,
    { expression, ...(rows.length === 0 ? { isUnknown: true } : {}) },
    failure,
  )
}

type Columns = (frame: Frame) => Frame

/** What stands for the whole expression, if it needs no JSONata: `{ ... }`, or `$merge([$, { ... }])`. */
function columnsOf(tree: JsonataNode, schema: Schema): Columns | null {
  const named = objectColumns(tree, schema)
  if (named !== null) {
    return (frame) => frame.select(...named.map(([name, value]) => asColumn(value).alias(name)))
  }
  const added = objectColumns(mergedObject(tree), schema)
  return added === null ? null : (frame) => frame.withColumns(Object.fromEntries(added))
}

/** The object of `$merge([$, { ... }])`. */
function mergedObject(tree: JsonataNode): JsonataNode | null {
  const { procedure, arguments: given } = tree
  if (tree.type !== 'function' || procedure?.value !== 'merge' || given?.length !== 1) return null
  const parts = given[0].expressions
  if (given[0].value !== '[' || parts?.length !== 2) return null
  const [first, second] = parts
  return first.type === 'variable' && first.value === '' ? second : null
}

function objectColumns(tree: JsonataNode | null, schema: Schema): [string, Value][] | null {
  if (tree?.type !== 'unary' || tree.value !== '{') return null
  const result = new Map<string, Value>()
  for (const [key, node] of tree.lhs ?? []) {
    const value = key.type === 'string' ? simpleValue(node, schema) : undefined
    if (value === undefined || result.has(String(key.value))) return null
    result.set(String(key.value), value)
  }
  return result.size === 0 ? null : [...result]
}

/** A constant or a column that is there and is no list, which JSONata takes apart; undefined for all else. */
function simpleValue(node: JsonataNode, schema: Schema): Value | undefined {
  const constant: unknown = node.value
  switch (node.type) {
    case 'string':
    case 'number':
      return operand(constant as string | number)
    case 'value':
      return typeof constant === 'boolean' ? operand(constant) : undefined
    case 'path': {
      const [step, ...more] = node.steps ?? []
      if (more.length > 0 || step?.type !== 'name' || Object.keys(step).length > 3) return undefined
      const found = schema.fields.find(({ name }) => name === String(step.value))
      return found === undefined || isNested(found.type) ? undefined : wrap({ kind: 'column', name: found.name })
    }
    default:
      return undefined
  }
}

function asColumn(value: Value): Expr {
  return operand(value)
}
