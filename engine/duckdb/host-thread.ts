/** The thread that hosts DuckDB. See `messages.ts` for the protocol. */

import { parentPort, workerData } from 'node:worker_threads'
import type duckdb from '@duckdb/node-bindings'
import { ResultStream } from '../../io/duckdb/result-stream.js'
import { bytesText, run, Session, widenStreamBuffer } from '../../io/duckdb/session.js'
import { TableAppender } from '../../io/duckdb/table-appender.js'
import { columnDefinitions, quoteName, quoteText } from '../../io/duckdb/types.js'
import { InternalError, packError, unreachable } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import { SharedMemory } from '../memory/shared-memory.js'
import { type Answer, CLOSED_WORD, type HostStart, type Request, type Work } from './messages.js'
import { Operation, Turns } from './operation.js'
import { Sampler } from './sampler.js'

type Query = Work & { kind: 'query' }

interface Table {
  readonly schema: Schema
  appender: TableAppender | null
}

class HostThread {
  private readonly tables = new Map<string, Table>()
  private readonly operations = new Map<number, Operation>()
  private readonly answered = new Set<Promise<void>>()
  /** What runs at once is few: each thing that does takes a thread of libuv's pool, which files are read with too. */
  private readonly turns = new Turns()
  private readonly fetches = new Turns()

  private constructor(
    private readonly session: Session,
    private readonly statements: duckdb.Connection,
    private readonly settings: duckdb.Connection,
    private readonly sampler: Sampler,
    private readonly memory: SharedMemory,
    private limitBytes: number,
    private readonly post: (answer: Answer) => void,
  ) {}

  static async open(start: HostStart, post: (answer: Answer) => void): Promise<HostThread> {
    const session = await Session.open(start.session)
    const settings = await session.connect()
    const sampler = await Sampler.create(settings, start.words)
    const memory = SharedMemory.attach(start.memory)
    const { memoryLimitBytes } = start.session
    return new HostThread(session, await session.connect(), settings, sampler, memory, memoryLimitBytes, post)
  }

  begin({ id, ...work }: Work & { id: number }): void {
    const operation = new Operation(id)
    this.operations.set(id, operation)
    const answered = this.sampler.during(this.perform(operation, work)).then(
      () => this.answer({ kind: 'done', id }),
      (error: unknown) => this.answer({ kind: 'failed', id, error: packError(operation.reason(error)) }),
    )
    this.answered.add(answered)
    void answered.then(() => this.answered.delete(answered))
  }

  abort(target: number | null): void {
    if (target !== null) this.operations.get(target)?.abort()
    else for (const operation of this.operations.values()) operation.abort()
  }

  addCredit(target: number): void {
    this.operations.get(target)?.addCredit(1)
  }

  /** Frees DuckDB once nothing of it runs any more: a thread that ended before would take the process with it. */
  async close(): Promise<void> {
    this.abort(null)
    await Promise.all(this.answered)
    await this.sampler.close()
    for (const { appender } of this.tables.values()) await appender?.abandon()
    this.session.close()
  }

  private answer(answer: Answer & { id: number }): void {
    this.operations.delete(answer.id)
    this.post(answer)
  }

  private perform(operation: Operation, work: Work): Promise<void> {
    switch (work.kind) {
      case 'setMemoryLimit':
        return this.setMemoryLimit(operation, work.bytes)
      case 'setThreads':
        return operation.on(this.settings, () => run(this.settings, `set threads = ${work.threads}`))
      case 'query':
        return this.query(operation, work)
      case 'append':
        return operation.inTurn(this.turns, () => this.append(operation, work))
      case 'createTable':
        return this.statement(operation, async () => {
          const sql = `create table ${quoteName(work.table)} (${columnDefinitions(work.schema)})`
          await operation.on(this.statements, () => run(this.statements, sql))
          this.tables.set(work.table, { schema: work.schema, appender: null })
        })
      case 'dropTable':
        return operation.inTurn(this.turns, () => this.dropTable(operation, work.table))
      case 'execute':
        return this.statement(operation, () => operation.on(this.statements, () => run(this.statements, work.sql)))
      default:
        return unreachable(work)
    }
  }

  /** Takes a turn and makes what was appended before visible. */
  private statement<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    return operation.inTurn(this.turns, async () => {
      for (const { appender } of this.tables.values()) await appender?.commit()
      return work()
    })
  }

  private async append(operation: Operation, { table: name, batch }: Work & { kind: 'append' }): Promise<void> {
    const table = this.tables.get(name)
    if (table === undefined) throw new InternalError(`there is no table ${name} to append to`)
    table.appender ??= new TableAppender(await this.session.connect(), name, table.schema, this.memory.views)
    await table.appender.append(batch.length, batch.columns, operation.throwIfAborted)
  }

  private async dropTable(operation: Operation, name: string): Promise<void> {
    const appender = this.tables.get(name)?.appender ?? null
    this.tables.delete(name)
    if (appender !== null) {
      await appender.abandon()
      this.session.disconnect(appender.connection)
    }
    await operation.on(this.statements, () => run(this.statements, `drop table if exists ${quoteName(name)}`))
  }

  private async setMemoryLimit(operation: Operation, bytes: number): Promise<void> {
    await operation.on(this.settings, () => run(this.settings, `set memory_limit = ${quoteText(bytesText(bytes))}`))
    this.limitBytes = bytes
  }

  private async query(operation: Operation, work: Query): Promise<void> {
    let connection: duckdb.Connection | null = null
    let stream: ResultStream | null = null
    try {
      const opened = await this.statement(operation, async () => {
        const own = await this.session.connect()
        connection = own
        stream = await operation.on(own, () => this.startStream(own, work))
        return { own, stream }
      })
      operation.addCredit(work.credit)
      await this.send(operation, opened.own, opened.stream)
    } finally {
      if (connection !== null) await this.leave(connection, stream)
    }
  }

  /** An abandoned stream keeps its memory until something else runs on its connection. */
  private async leave(connection: duckdb.Connection, stream: ResultStream | null): Promise<void> {
    await run(connection, 'select 1').catch(() => {})
    stream?.close()
    this.session.disconnect(connection)
  }

  private async startStream(connection: duckdb.Connection, work: Query): Promise<ResultStream> {
    await widenStreamBuffer(connection, this.limitBytes)
    if (work.before !== null) await run(connection, work.before)
    return ResultStream.start(connection, work.sql, work.schema, {
      memory: this.memory.views,
      allocate: this.memory.allocateFor(work.owner),
      release: this.memory.release,
      batchRows: work.batchRows,
    })
  }

  private async send(operation: Operation, connection: duckdb.Connection, stream: ResultStream): Promise<void> {
    for (;;) {
      await this.sampler.resting(operation.takeCredit())
      const batch = await this.fetches.run(() => operation.on(connection, () => stream.next()))
      if (batch === null) return
      this.post({ kind: 'batch', id: operation.id, batch })
    }
  }
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const start = workerData as HostStart
  const post = (answer: Answer) => port.postMessage(answer)
  try {
    const host = await HostThread.open(start, post)
    port.on('message', (request: Request) => {
      switch (request.kind) {
        case 'more':
          return host.addCredit(request.target)
        case 'abort':
          return host.abort(request.target)
        case 'close':
          return void host.close().finally(() => {
            port.close()
            const words = new Int32Array(start.words)
            Atomics.store(words, CLOSED_WORD, 1)
            Atomics.notify(words, CLOSED_WORD)
          })
        default:
          return host.begin(request)
      }
    })
    post({ kind: 'opened' })
  } catch (error) {
    post({ kind: 'refused', error: packError(error) })
    port.close()
  }
}

if (parentPort !== null) await main(parentPort)
