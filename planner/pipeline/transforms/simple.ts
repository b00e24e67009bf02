/** Transforms that are relational steps: each makes a frame of a frame, which runs as kernels. */

import { invalid, show } from '../../arguments.js'
import { unreachable, VolleyError } from '../../errors.js'
import { type Expr, operand, type SortTerm, type Value, wrap } from '../../expr.js'
import { Frame } from '../../frame.js'
import { parseTypeName } from '../../type-names.js'
import { type DataType, isInteger, type Schema, typeName } from '../../types.js'
import type { AddedColumn, Scalar, Transform } from '../definition.js'
import { fixTime } from './run-time.js'
import { templateExpression } from './template.js'

export type SimpleTransform = Exclude<Transform, { readonly kind: 'jsonata' | 'function' }>

export interface TransformContext {
  /** What `now()` is. */
  readonly startedAt: Date
  /** By the name that queries know them by. */
  readonly tables: Readonly<Record<string, Frame>>
}

export function isSimple(transform: Transform): transform is SimpleTransform {
  return transform.kind !== 'jsonata' && transform.kind !== 'function'
}

/** Only the steps that depend on which columns there are look at them. */
export async function applySimple(frame: Frame, transform: SimpleTransform, context: TransformContext): Promise<Frame> {
  const sql = (text: string) => fixTime(text, context.startedAt)
  switch (transform.kind) {
    case 'rename':
      return frame.rename(transform.columns)
    case 'convert':
      return frame.withColumns(mapEntries(transform.columns, (type, name) => column(name).cast(parseTypeName(type))))
    case 'defaults':
      return frame.withColumns(defaultsOf(transform.columns, await schemaOf(frame)))
    case 'add':
      return frame.withColumns(mapEntries(transform.columns, (added) => addedValue(added, sql)))
    case 'select': {
      const schema = await schemaOf(frame)
      return frame.select(...transform.columns.map((name) => (has(schema, name) ? column(name) : sql(name))))
    }
    case 'drop':
      return frame.drop(...transform.columns)
    case 'filter':
      return frame.filter(sql(transform.condition))
    case 'sort': {
      const schema = await schemaOf(frame)
      return frame.sort(
        ...transform.by.map(
          ({ column: name, descending, nulls }): SortTerm => ({
            by: has(schema, name) ? column(name) : sql(name),
            descending,
            ...(nulls === null ? {} : { nulls }),
          }),
        ),
      )
    }
    case 'deduplicate':
      return frame.distinct(...transform.key)
    case 'sql':
      return queried(frame, sql(transform.query), context.tables)
    case 'frame': {
      const result: unknown = transform.apply(frame, context.tables)
      if (result instanceof Frame) return result
      throw invalid(
        `a function in place of a transform gets a frame and returns one, not ${show(result)}; for a function of records or batches, write { function: { call } }`,
      )
    }
    default:
      return unreachable(transform)
  }
}

function queried(input: Frame, text: string, tables: Readonly<Record<string, Frame>>): Frame {
  const plans = mapEntries({ ...tables, input }, (table) => table.plan)
  return new Frame(Object.freeze({ kind: 'sql', text, tables: Object.freeze(plans) }), input.runtime)
}

function addedValue(added: AddedColumn, sql: (text: string) => string): Value {
  switch (added.kind) {
    case 'value':
      // To `withColumns`, a string is SQL.
      return operand(added.value)
    case 'template':
      return wrap(templateExpression(added.template))
    case 'expression':
      return sql(added.expression)
    default:
      return unreachable(added)
  }
}

/** A column keeps its type, whatever that of its default is. */
function defaultsOf(columns: Readonly<Record<string, Scalar>>, schema: Schema): Record<string, Value> {
  return mapEntries(columns, (value, name) => {
    const type = schema.fields.find((field) => field.name === name)?.type
    if (type === undefined) return value === null ? operand(null).cast('VARCHAR') : operand(value)
    checkDefault(name, value, type)
    return value === null ? column(name) : column(name).coalesce(operand(value).cast(type))
  })
}

function checkDefault(name: string, value: Scalar, type: DataType): void {
  if (!isInteger(type) || typeof value !== 'number' || Number.isInteger(value)) return
  throw new VolleyError(
    'VOLLEY_TYPE_MISMATCH',
    `the default of column '${name}', ${value}, does not fit its type ${typeName(type)}; convert the column first`,
    { column: name, expected: typeName(type), actual: String(value) },
  )
}

export async function schemaOf(frame: Frame): Promise<Schema> {
  return frame.runtime.toSchema(await frame.schema())
}

function column(name: string): Expr {
  return wrap({ kind: 'column', name })
}

function has(schema: Schema, name: string): boolean {
  return schema.fields.some((field) => field.name === name)
}

/** An object without a prototype, so that a column may be called `__proto__`. */
function mapEntries<T, U>(
  entries: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  const result: Record<string, U> = Object.create(null)
  for (const [name, value] of Object.entries(entries)) result[name] = change(value, name)
  return result
}
