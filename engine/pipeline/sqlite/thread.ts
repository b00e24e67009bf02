/** The thread that works on a SQLite file. See `messages.ts` for the protocol. */

import { parentPort, workerData } from 'node:worker_threads'
import { SqliteStage } from '../../../io/database/sqlite/loader.js'
import { SqliteReader } from '../../../io/database/sqlite/reader.js'
import { InternalError, packError, unreachable } from '../../../planner/errors.js'
import { SharedMemory } from '../../memory/shared-memory.js'
import type { Answer, Calls, Request, SqliteStart } from './messages.js'

class SqliteThread {
  private readonly memory: SharedMemory
  private reader: SqliteReader | null = null
  private stage: SqliteStage | null = null

  constructor(private readonly start: SqliteStart) {
    this.memory = SharedMemory.attach(start.memory)
  }

  answer(request: Request): Calls[Request['kind']]['reply'] {
    switch (request.kind) {
      case 'openReader':
        this.reader = SqliteReader.open(request.query)
        return { schema: this.reader.schema }
      case 'start':
        this.reading().start(request.from)
        return null
      case 'next': {
        const target = { memory: this.memory.views, allocate: this.memory.allocateFor(this.start.owner) }
        const batch = this.reading().next(request.rows, target)
        return { batch: batch === null ? null : { length: batch.length, columns: batch.columns } }
      }
      case 'openStage':
        this.stage = new SqliteStage(request.path, request.table, request.stagingPath)
        return null
      case 'rows':
        return { rows: this.staging().rows(request.sql) }
      case 'stage': {
        const { segment, schema, batch, firstRow } = request
        this.staging().stage(segment, schema, batch.columns, batch.length, firstRow, this.memory.views)
        return null
      }
      case 'transaction':
        this.staging().transaction(request.statements)
        return null
      case 'run':
        this.staging().run(request.sql)
        return null
      case 'close':
        this.reader?.close()
        this.stage?.close()
        return null
      default:
        return unreachable(request)
    }
  }

  private reading(): SqliteReader {
    if (this.reader === null) throw new InternalError('no SQLite file is being read')
    return this.reader
  }

  private staging(): SqliteStage {
    if (this.stage === null) throw new InternalError('no SQLite file is being written')
    return this.stage
  }
}

function main(port: NonNullable<typeof parentPort>): void {
  const thread = new SqliteThread(workerData as SqliteStart)
  port.on('message', (request: Request) => {
    let answer: Answer
    try {
      answer = { ok: true, value: thread.answer(request) }
    } catch (error) {
      answer = { ok: false, error: packError(error) }
    }
    port.postMessage(answer)
  })
}

if (parentPort !== null) main(parentPort)
