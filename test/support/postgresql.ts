/** A PostgreSQL of its own for the tests of a file, where the machine has its programs. */

import { execFile, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)
/** Where Debian and its like put each version. */
const VERSIONS = '/usr/lib/postgresql'
const STARTED_WITHIN_MS = 30_000

interface Account {
  readonly uid: number
  readonly gid: number
}

export interface PostgreSql {
  readonly connection: string
  query(sql: string): Promise<readonly Record<string, unknown>[]>
  stop(): Promise<void>
}

/** The directory of the programs; null where there are none, or nobody who may run them: root may not. */
export const POSTGRESQL = binaries()

/** Starts a server on a socket in a temporary directory. */
export async function startPostgreSql(): Promise<PostgreSql> {
  if (POSTGRESQL === null) throw new Error('PostgreSQL is not installed')
  const { programs, account } = POSTGRESQL
  const directory = mkdtempSync(join(tmpdir(), 'volley-postgresql-'))
  if (account !== null) chownSync(directory, account.uid, account.gid)
  const options = { ...(account ?? {}), cwd: directory, env: { ...process.env, HOME: directory, LC_ALL: 'C' } }
  const data = join(directory, 'data')
  const initdb = ['-D', data, '-U', 'volley', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await run(join(programs, 'initdb'), initdb, options)
  const settings = ['listen_addresses=', `unix_socket_directories=${directory}`, 'fsync=off', 'max_connections=20']
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((one) => ['-c', one])], {
    ...options,
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const connection = `postgresql://volley:not-shown@/postgres?host=${encodeURIComponent(directory)}`
  const stop = async (): Promise<void> => {
    // Ends sessions, rolls back what they do, and waits for none.
    server.kill('SIGINT')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await answering(connection)
  } catch (error) {
    await stop()
    throw error
  }
  return { connection, query: (sql) => query(connection, sql), stop }
}

async function answering(connection: string): Promise<void> {
  const deadline = Date.now() + STARTED_WITHIN_MS
  for (;;) {
    try {
      await query(connection, 'select 1')
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function query(connection: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: connection })
  await client.connect()
  try {
    const result = (await client.query(sql)) as pg.QueryResult | pg.QueryResult[]
    return (Array.isArray(result) ? result[result.length - 1] : result).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

function binaries(): { readonly programs: string; readonly account: Account | null } | null {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : []
  const places = [
    ...versions.map((version) => join(VERSIONS, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  const programs = places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')))
  if (programs === undefined) return null
  if (process.getuid?.() !== 0) return { programs, account: null }
  const account = accountNamed('postgres') ?? accountNamed('nobody')
  return account === null ? null : { programs, account }
}

function accountNamed(name: string): Account | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`))
  if (line === undefined) return null
  const [, , uid, gid] = line.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}
