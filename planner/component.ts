/** What users derive their own operators from: a class with a method for each way in which data may be processed. */

import type { RecordBatch, Table } from 'apache-arrow'
import { checkName, invalid, show } from './arguments.js'
import { nearestName, type VolleyError } from './errors.js'
import { type SchemaLike, schemaFrom } from './map-schema.js'
import type { Schema } from './types.js'
import type { BatchResult, Row, RowResult } from './user-functions.js'

/** The port of the results. */
export const MAIN_PORT = 'main'

/** A row, several, or a batch of them. Its columns are those of the port; of a row, others are left out. */
export type Emitted = Row | readonly Row[] | RecordBatch | Table

/**
 * Sends rows to a port, `main` unless given. What leaves by one port keeps its order.
 *
 * @throws VolleyError VOLLEY_INVALID_ARGUMENT for a port that the component does not declare, VOLLEY_SCHEMA_MISMATCH for
 *   a batch whose columns are not those of the port.
 */
export type Emit = (rows: Emitted, port?: string) => void

/** The whole input of a component as a table that DuckDB can read. */
export interface Relation {
  /** As it stands in a FROM clause. */
  readonly sql: string
  readonly schema: Schema
}

/** What a method gives back beside what it emitted, to the port `main`; a method that returns nothing may be `void`. */
// biome-ignore lint/suspicious/noConfusingVoidType: Methods without a return statement have this type.
type Returned<T> = T | null | undefined | void | Promise<T | null | undefined | void>

/**
 * An operator of the user's own: `frame.apply(component)`.
 *
 * One of the three methods is enough; a strategy takes the one that is made for it, or else derives what it needs from
 * another. An instance may keep state: `start` is called before the first record of a run, `finish` after the last. It
 * runs in the main thread. Two runs at the same time call the same instance.
 */
export abstract class Component {
  /** Names it in plans, messages and metrics. */
  abstract readonly name: string
  /** The columns that leave by the port `main`. */
  abstract readonly schema: SchemaLike
  /** Further ports and their columns: `{ rejects: { id: 'int32', error: 'varchar' } }`. */
  declare readonly ports?: Readonly<Record<string, SchemaLike>>

  /** Before the first record of a run. */
  start?(): void | Promise<void>
  /** Takes a record. What it returns (a row, several, or nothing) leaves by `main` after what it emitted. */
  processRow?(row: Row, emit: Emit): Returned<RowResult>
  /** Takes a batch, whose views are valid until the method is done. What it returns leaves by `main`. */
  processBulk?(batch: RecordBatch, emit: Emit): Returned<BatchResult>
  /** A query, in DuckDB's SQL, over the whole input. Its columns are those of `schema`, in any order. */
  processBigData?(relation: Relation): string
  /** After the last record, unless the run ended early; not after `processBigData`. */
  finish?(emit: Emit): void | Promise<void>
}

export const COMPONENT_METHODS = ['processRow', 'processBulk', 'processBigData'] as const
export type ComponentMethod = (typeof COMPONENT_METHODS)[number]

/** The schemas of all ports of a component, `main` first, as they were when it was applied. */
export type PortSchemas = Readonly<Record<string, Schema>>

export function hasMethod(component: Component, method: ComponentMethod): boolean {
  return typeof component[method] === 'function'
}

/** Says of which form a component is, where it is applied. `fromArrow` converts schemas of apache-arrow. */
export function checkComponent(component: Component, fromArrow: Parameters<typeof schemaFrom>[1]): PortSchemas {
  if (!(component instanceof Component)) {
    const actual = typeof component === 'function' ? 'a class or function' : show(component)
    throw invalid(`apply takes an instance of a class that extends Component, not ${actual}`)
  }
  const name = checkName('the name of a component', component.name)
  for (const method of [...COMPONENT_METHODS, 'start', 'finish'] as const) {
    const value: unknown = component[method]
    if (value !== undefined && typeof value !== 'function') {
      throw invalid(`${method} of component '${name}' is a method, not ${show(value)}`)
    }
  }
  if (!COMPONENT_METHODS.some((method) => hasMethod(component, method))) throw withoutMethod(component)
  return portsOf(component, fromArrow)
}

function portsOf(component: Component, fromArrow: Parameters<typeof schemaFrom>[1]): PortSchemas {
  const { name, ports = {} } = component
  if (typeof ports !== 'object' || ports === null) {
    throw invalid(`ports of component '${name}' are schemas by name, not ${show(ports)}`)
  }
  if (Object.hasOwn(ports, MAIN_PORT)) {
    throw invalid(`ports of component '${name}' are those beside '${MAIN_PORT}', whose columns are its schema`)
  }
  const schemas: Record<string, Schema> = Object.create(null)
  for (const [port, given] of [[MAIN_PORT, component.schema] as const, ...Object.entries(ports)]) {
    checkName(`each port of component '${name}'`, port)
    if (typeof given !== 'object' || given === null) {
      throw invalid(`the schema of port '${port}' of component '${name}' describes its columns, not ${show(given)}`)
    }
    schemas[port] = schemaFrom(given, fromArrow)
  }
  return Object.freeze(schemas)
}

/** Methods of a similar name are the likely reason why there is none. */
function withoutMethod(component: Component): VolleyError {
  const known: readonly string[] = [...COMPONENT_METHODS, 'start', 'finish', 'constructor']
  const own = [...Object.keys(component), ...Object.getOwnPropertyNames(Object.getPrototypeOf(component))]
  const near = own
    .filter((name) => !known.includes(name))
    .map((name) => [name, nearestName(name, COMPONENT_METHODS)] as const)
    .find(([, nearest]) => nearest !== null)
  const hint = near === undefined ? '' : `; is '${near[0]}' meant to be '${near[1]}'?`
  return invalid(`component '${component.name}' has none of the methods ${COMPONENT_METHODS.join(', ')}${hint}`)
}
