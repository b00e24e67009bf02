/** Connections to PostgreSQL, set up so that the text of values is exact. */

import type { Client as PgClient, QueryArrayResult } from 'pg'
import { VolleyError } from '../../../planner/errors.js'

/** Values come as text. */
export const AS_TEXT = { getTypeParser: () => (text: string) => text }

const SETTINGS = [
  `set datestyle = 'ISO, YMD'`,
  `set timezone = 'UTC'`,
  `set intervalstyle = 'postgres'`,
  `set bytea_output = 'hex'`,
  `set extra_float_digits = 1`,
  `set client_encoding = 'UTF8'`,
  `set standard_conforming_strings = on`,
].join(';')

const CONNECT_MS = 30_000

export class PostgresqlConnection {
  private isClosed = false

  private constructor(
    readonly client: PgClient,
    /** Without the password. */
    readonly label: string,
    private readonly signal: AbortSignal,
    private readonly abort: () => void,
  ) {}

  /** Throws VOLLEY_DATABASE. Aborting the signal ends what runs. */
  static async open(connection: string, signal: AbortSignal): Promise<PostgresqlConnection> {
    if (!isConnection(connection)) {
      const expected = 'postgresql://user@host/database'
      throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `a connection to PostgreSQL is a text such as ${expected}`, {
        expected,
      })
    }
    const { default: pg } = await import('pg')
    const label = shownConnection(connection)
    let client: PgClient
    try {
      client = new pg.Client({
        connectionString: connection,
        application_name: 'volley',
        connectionTimeoutMillis: CONNECT_MS,
      })
      // A connection that breaks while nobody waits for it is noticed with the next statement.
      client.on('error', () => undefined)
      await client.connect()
    } catch (cause) {
      throw postgresqlError(cause, `cannot connect to ${label}`, connection)
    }
    const abort = () => void client.end().catch(() => undefined)
    signal.addEventListener('abort', abort, { once: true })
    const opened = new PostgresqlConnection(client, label, signal, abort)
    await opened.run(SETTINGS)
    return opened
  }

  /** Runs statements whose results do not matter. */
  async run(sql: string): Promise<void> {
    await this.attempt(() => this.client.query(sql))
  }

  /** The result of one statement, values as text. */
  query(sql: string): Promise<QueryArrayResult<(string | null)[]>> {
    return this.attempt(() => this.client.query({ text: sql, rowMode: 'array', types: AS_TEXT }))
  }

  /** All or nothing. */
  async transaction(statements: readonly string[]): Promise<void> {
    try {
      await this.run('begin')
      for (const statement of statements) await this.run(statement)
      await this.run('commit')
    } catch (error) {
      await this.client.query('rollback').catch(() => undefined)
      throw error
    }
  }

  async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (this.signal.aborted) throw new VolleyError('VOLLEY_ABORTED', 'the run was aborted', {}, this.signal.reason)
      throw postgresqlError(cause, this.label)
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.signal.removeEventListener('abort', this.abort)
    await this.client.end().catch(() => undefined)
  }
}

/** An address, or the path of a socket. Anything else would be taken for the name of a database on a server of no name. */
function isConnection(text: string): boolean {
  return /^(postgres(ql)?:\/\/|socket:|\/)/i.test(text)
}

/** What may be shown of a connection: user, host and database. */
export function shownConnection(connection: string): string {
  if (!URL.canParse(connection)) return 'PostgreSQL'
  const url = new URL(connection)
  const user = url.username === '' ? '' : `${url.username}@`
  const host = url.searchParams.get('host') ?? url.host
  return `postgresql://${user}${host}${url.pathname}`
}

/** What PostgreSQL says of an error beside its message. */
export interface PostgresqlFault {
  /** The SQLSTATE. */
  readonly state: string
  readonly column: string | null
  readonly detail: string | null
  readonly where: string | null
}

/** A VolleyError passes through. The text of a connection does not get into the message. */
function postgresqlError(cause: unknown, where: string, secret?: string): Error {
  if (cause instanceof VolleyError) return cause
  const fault = cause as { code?: string; detail?: string; column?: string; where?: string; message?: string }
  const whole = reasonOf(cause)
  const reason = secret === undefined ? whole : whole.replaceAll(secret, 'the connection string')
  const detail = fault.detail === undefined ? '' : ` (${fault.detail})`
  const pg: PostgresqlFault = {
    state: fault.code ?? '',
    column: fault.column ?? null,
    detail: fault.detail ?? null,
    where: fault.where ?? null,
  }
  const code =
    pg.state === '42P01' ? 'VOLLEY_UNKNOWN_TABLE' : pg.state === '42703' ? 'VOLLEY_UNKNOWN_COLUMN' : 'VOLLEY_DATABASE'
  return new VolleyError(code, `${where}: ${reason}${detail}`, { pg }, new Error(reason))
}

/** Several addresses that were tried in vain are one error without a message. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0])
  return cause instanceof Error ? cause.message : String(cause)
}
