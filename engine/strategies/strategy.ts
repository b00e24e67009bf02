/**
 * The contract of strategies: how one drives a component of the user's over the batches of a run.
 *
 * volley's own three are in `component/built-in.ts`; users register others with `engine.registerStrategy`.
 */

import type { RecordBatch } from 'apache-arrow'
import {
  type Component,
  type ComponentMethod,
  type Emit,
  MAIN_PORT,
  type PortSchemas,
  type Relation,
} from '../../planner/component.js'
import type { Schema } from '../../planner/types.js'
import type { Row } from '../../planner/user-functions.js'

/** A batch on its way out, and the port it leaves by. */
export interface Out {
  readonly port: string
  readonly batch: RecordBatch
}

/** The port of the results. */
export const MAIN = MAIN_PORT

/** Why a strategy cannot run something, as a clause: `a full sort needs all of an unbounded input`. */
export interface Unsupported {
  readonly reason: string
}

export interface ExecutionStrategy {
  /** What runs ask for: `run.strategy`. */
  readonly name: string
  /** Asked at planning: what is not supported is refused with the reason before anything is read. */
  supports(component: Component): true | Unsupported
  /**
   * Passes the input through the component and puts out what it gives, port by port in order. `start` of the component
   * has been called; `finish` is for the strategy to call. What it throws ends the run with VOLLEY_USER_FUNCTION.
   */
  execute(component: Component, payload: Payload, metrics: ComponentMetrics): AsyncIterable<Out>
}

/** What a strategy works on, and with. */
export interface Payload {
  /**
   * Views of the engine's memory. A batch is valid until the next is asked for; what must live longer is copied, as
   * `rowsOf` does. At the end of the run all of it is gone.
   */
  readonly input: AsyncIterable<RecordBatch>
  /** Columns of the input. */
  readonly schema: Schema
  /** Columns of each port of the component. */
  readonly ports: PortSchemas
  /** Aborted when the run ends, however it does. */
  readonly signal: AbortSignal
  /** The rows of a batch as the objects that `processRow` takes. */
  rowsOf(batch: RecordBatch): Iterable<Row>
  /**
   * A batch for a port, `main` unless given; valid until the next batch of the input is asked for, or another is put out.
   *
   * @throws VolleyError VOLLEY_BAD_RECORD for a value that its column cannot hold.
   */
  batchOf(rows: readonly Row[], port?: string): RecordBatch
  /**
   * Leaves out a record of the input that could not be processed, which the run collects, and resolves when it may go on.
   * Absent in runs that end with the first such record.
   */
  readonly reject?: (rejected: Rejected) => Promise<void>
  /** Collects what the component's methods emit. */
  outputs(): Outputs
  /**
   * Streams the result of a query over the whole input, with the columns of `main`. DuckDB reads the input by itself
   * where it can, which is then not counted; else it goes into a table, out of memory if need be. Takes the input's
   * place: there is nothing left of it.
   */
  query(write: (relation: Relation) => string): AsyncIterable<RecordBatch>
}

/** A record that a method could not process. */
export interface Rejected {
  /** The batch of the input that holds it, while it is valid. */
  readonly batch: RecordBatch
  /** Its place in the batch. */
  readonly index: number
  /** Its place in the input of the component. */
  readonly row: number
  readonly method: ComponentMethod
  readonly error: unknown
}

/** Gathers single rows into batches; batches pass as they are, after the rows before them. */
export interface Outputs {
  readonly emit: Emit
  /** Numbers the record that the next calls of `emit` are about, for messages; null if they are about none. */
  record: number | null
  /** What was emitted since the last time. */
  take(): readonly Out[]
}

/** Counts of one component in one run. The engine counts rows and batches, the strategy what it knows beside. */
export interface ComponentMetrics {
  readonly component: string
  readonly strategy: string
  rowsIn: number
  batchesIn: number
  /** By port. */
  readonly rowsOut: Record<string, number>
  readonly batchesOut: Record<string, number>
  /** Of methods of the component. */
  calls: number
  /** A strategy's own, by name. */
  readonly counters: Record<string, number>
}
