/** One DuckDB in memory, with a directory of its own to spill into. Lives in one thread. */

import duckdb from '@duckdb/node-bindings'
import { duckDbError } from './faults.js'
import { quoteText } from './types.js'

export interface SessionOptions {
  /** What DuckDB itself may hold; the process takes some 100 MB more while it works. */
  readonly memoryLimitBytes: number
  readonly threads: number
  /** Where to spill: of no other session. */
  readonly directory: string
  /** Most that may be spilled; by default what is free on the device. */
  readonly maxTempBytes?: number
}

/** Larger buffers of results make scans quicker; they count against the limit. */
const STREAM_BUFFER_BYTES = 16 << 20

export class Session {
  private readonly connections = new Set<duckdb.Connection>()

  private constructor(private readonly database: duckdb.Database) {}

  static async open(options: SessionOptions): Promise<Session> {
    const config = duckdb.create_config()
    const settings = {
      threads: String(options.threads),
      memory_limit: bytesText(options.memoryLimitBytes),
      temp_directory: options.directory,
      // Nothing is fetched from a network, ever.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    }
    for (const [name, value] of Object.entries(settings)) duckdb.set_config(config, name, value)
    const session = new Session(await duckdb.open(':memory:', config))
    const connection = await session.connect()
    await duckdb.query(connection, 'set global errors_as_json = true')
    await duckdb.query(connection, "set global TimeZone = 'UTC'")
    if (options.maxTempBytes !== undefined) {
      // Has no effect when given on opening.
      await duckdb.query(connection, `set max_temp_directory_size = ${quoteText(bytesText(options.maxTempBytes))}`)
    }
    session.disconnect(connection)
    return session
  }

  async connect(): Promise<duckdb.Connection> {
    const connection = await duckdb.connect(this.database)
    this.connections.add(connection)
    return connection
  }

  /** Nothing may run on the connection any more. */
  disconnect(connection: duckdb.Connection): void {
    if (this.connections.delete(connection)) duckdb.disconnect_sync(connection)
  }

  /** Nothing may run on any connection any more. */
  close(): void {
    for (const connection of this.connections) this.disconnect(connection)
    duckdb.close_sync(this.database)
  }
}

/** A size as DuckDB's settings take it. */
export function bytesText(bytes: number): string {
  return `${Math.floor(bytes)}B`
}

/** Makes a connection's results flow: `limitBytes` is what all of DuckDB may hold. */
export async function widenStreamBuffer(connection: duckdb.Connection, limitBytes: number): Promise<void> {
  const bytes = Math.min(STREAM_BUFFER_BYTES, Math.floor(limitBytes / 32))
  await run(connection, `set streaming_buffer_size = ${quoteText(bytesText(bytes))}`)
}

/** Runs statements whose results do not matter. Throws VolleyErrors. */
export async function run(connection: duckdb.Connection, sql: string): Promise<void> {
  try {
    await duckdb.query(connection, sql)
  } catch (error) {
    throw duckDbError(error, sql)
  }
}
