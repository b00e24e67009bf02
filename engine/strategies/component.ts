/** Runs a component of the user's as a part of a plan: the strategy drives it, the engine counts and carries batches. */

import type { RecordBatch } from 'apache-arrow'
import type { Batch } from '../../io/batch.js'
import { type Component, MAIN_PORT, type PortSchemas } from '../../planner/component.js'
import { InternalError, VolleyError } from '../../planner/errors.js'
import type { ResolvedPlan } from '../../planner/logical-plan.js'
import type { PortHandler } from '../../planner/run-options.js'
import type { Schema } from '../../planner/types.js'
import type { Row } from '../../planner/user-functions.js'
import { settledWithin, unlessCancelled } from '../cancellation.js'
import { releaseBatch } from '../kernels/vectors.js'
import { NO_SPAN, type NodeSpan } from '../metrics/span.js'
import type { OperatorContext } from '../operators/operator-context.js'
import type { Run } from '../run.js'
import { Emissions, expectPort } from './component/emissions.js'
import { Exchange } from './component/exchange.js'
import { messageOf, methodFailure, strategyFailure } from './component/failures.js'
import { type PushedRelation, queryInput, queryRelation, type WriteQuery } from './component/query.js'
import type { ComponentMetrics, ExecutionStrategy, Out, Payload, Rejected } from './strategy.js'

/** How long the end of a strategy that has failed, or that nobody listens to any more, is waited for. */
const GRACE_MS = 1000

/** What the components of a run need of the engine. */
export interface ComponentServices {
  readonly strategy: ExecutionStrategy
  readonly ports: Readonly<Record<string, PortHandler>>
  /** Hands a batch to the user, for as long as it is held. Takes it over. */
  readonly lease: (batch: Batch) => RecordBatch
  /** What DuckDB can read in the place of a plan's rows; null if it cannot. */
  readonly relationOf: (input: ResolvedPlan) => PushedRelation | null
  /** Of each component that has begun. */
  readonly metrics: ComponentMetrics[]
}

/** A component and its place in a plan. */
export interface ComponentWork {
  readonly component: Component
  readonly input: { readonly schema: Schema }
  readonly inputPlan: ResolvedPlan
  readonly ports: PortSchemas
}

/**
 * The batches that leave by `main`; the consumer owns them and may stop early. `input` is taken over. `span` learns what
 * the component took; rows and bytes are measured where its input and output pass.
 */
export async function* componentBatches(
  run: Run,
  work: ComponentWork,
  input: AsyncGenerator<Batch>,
  span: NodeSpan = NO_SPAN,
): AsyncGenerator<Batch> {
  if (run.components === null) throw new InternalError(`nothing drives component '${work.component.name}'`)
  yield* new ComponentRun(run, run.components, work, input, span).batches()
}

class ComponentRun {
  private readonly context: OperatorContext
  private readonly exchange: Exchange
  private readonly metrics: ComponentMetrics
  private readonly controller = new AbortController()
  /** Milliseconds for which the input was waited for. */
  private waitedMs = 0

  constructor(
    private readonly run: Run,
    private readonly services: ComponentServices,
    private readonly work: ComponentWork,
    private readonly input: AsyncGenerator<Batch>,
    private readonly span: NodeSpan,
  ) {
    const { component, ports } = work
    this.context = run.operator('component', undefined, span).context
    this.exchange = new Exchange(this.context, `component '${component.name}'`)
    const none = () => Object.fromEntries(Object.keys(ports).map((port) => [port, 0]))
    this.metrics = {
      component: component.name,
      strategy: services.strategy.name,
      rowsIn: 0,
      batchesIn: 0,
      rowsOut: none(),
      batchesOut: none(),
      calls: 0,
      counters: {},
    }
    services.metrics.push(this.metrics)
  }

  async *batches(): AsyncGenerator<Batch> {
    const { strategy } = this.services
    const { component } = this.work
    let outs: AsyncIterator<Out> | null = null
    try {
      await this.start()
      outs = this.checked(() => strategy.execute(component, this.payload(), this.metrics)[Symbol.asyncIterator]())
      for (;;) {
        const next = await this.next(outs)
        if (next.done === true) return
        const batch = this.take(next.value)
        if (next.value.port === MAIN_PORT) yield batch
        else await this.leaves(next.value.port, batch)
      }
    } finally {
      this.controller.abort()
      // A method that never returns keeps its strategy from ending, and with it the input.
      await settledWithin(GRACE_MS, (async () => outs?.return?.())())
      await settledWithin(GRACE_MS, this.input.return(undefined))
      this.exchange.dropAll()
    }
  }

  private async start(): Promise<void> {
    const { component } = this.work
    try {
      await this.unlessCancelled(component.start?.())
    } catch (cause) {
      this.context.checkCancelled()
      throw methodFailure(component, 'start', cause)
    }
  }

  private async next(outs: AsyncIterator<Out>): Promise<IteratorResult<Out>> {
    const began = performance.now() - this.waitedMs
    try {
      const next = await this.unlessCancelled(outs.next())
      this.span.busy(performance.now() - this.waitedMs - began)
      return next
    } catch (cause) {
      this.context.checkCancelled()
      throw strategyFailure(this.services.strategy.name, this.work.component, cause)
    }
  }

  private checked<T>(call: () => T): T {
    try {
      return call()
    } catch (cause) {
      throw strategyFailure(this.services.strategy.name, this.work.component, cause)
    }
  }

  private take(out: Out): Batch {
    const { component, ports } = this.work
    const port: unknown = out?.port
    if (typeof port !== 'string') {
      throw strategyFailure(
        this.services.strategy.name,
        component,
        new TypeError('it put out something else than { port, batch }'),
      )
    }
    expectPort(component, ports, port)
    const batch = this.checked(() => this.exchange.take(out.batch, ports[port], port))
    this.metrics.rowsOut[port] += batch.length
    this.metrics.batchesOut[port]++
    return batch
  }

  /** Passes a batch to who takes the port, who may take time for it. */
  private async leaves(port: string, batch: Batch): Promise<void> {
    const { context } = this
    const { lease, ports } = this.services
    if (!Object.hasOwn(ports, port)) return releaseBatch(context, batch)
    const { name } = this.work.component
    try {
      await this.unlessCancelled(ports[port](lease(batch), { component: name }))
    } catch (cause) {
      context.checkCancelled()
      const message = `what takes port '${port}' of component '${name}' failed: ${messageOf(cause)}`
      throw new VolleyError('VOLLEY_USER_FUNCTION', message, { component: name, port }, cause)
    }
  }

  private payload(): Payload {
    const { exchange, work } = this
    const { component, ports } = work
    const { schema } = work.input
    const batchOf = (rows: readonly Row[], port: string = MAIN_PORT): RecordBatch => {
      expectPort(component, ports, port)
      return exchange.showRows(rows, ports[port])
    }
    return {
      input: this.shown(),
      schema,
      ports,
      signal: this.controller.signal,
      rowsOf: (batch) => exchange.rowsOf(batch),
      batchOf,
      ...(this.run.recovery.rejects !== null && { reject: (rejected) => this.reject(rejected) }),
      outputs: () => new Emissions(component, ports, batchOf),
      query: (write) => this.queried((sql) => write({ sql, schema })),
    }
  }

  private async reject({ batch, index, row, method, error }: Rejected): Promise<void> {
    const { name } = this.work.component
    const failure = error instanceof VolleyError ? error : methodFailure(this.work.component, method, error, { row })
    const { code, message } = failure
    const record = this.exchange.textOf(batch, index)
    const rejected = { record, path: null, rowGroup: null, row, step: `${method}: ${name}`, code, message }
    await this.run.recovery.rejects?.take([rejected], this.context.checkCancelled)
  }

  private async *shown(): AsyncGenerator<RecordBatch> {
    for await (const batch of this.counted()) yield this.exchange.showInput(batch)
    this.exchange.dropInput()
  }

  private async *queried(write: WriteQuery): AsyncGenerator<RecordBatch> {
    const { input, inputPlan, ports } = this.work
    const output = ports[MAIN_PORT]
    const relation = this.services.relationOf(inputPlan)
    const results =
      relation === null
        ? queryInput(this.run, this.counted(), input.schema, output, write)
        : queryRelation(this.run, relation, output, write)
    for await (const batch of results) yield this.exchange.showInput(batch)
    this.exchange.dropInput()
  }

  private async *counted(): AsyncGenerator<Batch> {
    let began = performance.now()
    for await (const batch of this.input) {
      this.waitedMs += performance.now() - began
      this.context.checkCancelled()
      this.metrics.rowsIn += batch.length
      this.metrics.batchesIn++
      yield batch
      began = performance.now()
    }
  }

  /** A promise that may never settle is not waited for once the run is cancelled. */
  private unlessCancelled<T>(returned: T | PromiseLike<T>): Promise<T> {
    return unlessCancelled(Promise.resolve(returned), this.context.checkCancelled)
  }
}
