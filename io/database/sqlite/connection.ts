/**
 * SQLite files, as WebAssembly reads and writes them. Everything here is synchronous and belongs into a thread of its own.
 *
 * The library locks a file by making a directory `<file>.lock`, which a process that is killed leaves behind. So each
 * connection says whose it is in a file `<file>.<process>-<thread>.volley-lock`: a directory that no living process can have
 * made is removed. And where the library asks whether somebody else is about to write, it must not find its own directory:
 * it would not undo what a killed process has left half written ("Hot Journals").
 */

import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import sqlite, { type Database, type Statement } from 'node-sqlite3-wasm'
import { VolleyError } from '../../../planner/errors.js'
import { expectFile } from '../../file-errors.js'
import { quoteText } from '../names.js'

const LOCK = '.lock'
const MARK = '.volley-lock'
const FIRST_WAIT_MS = 2
const LONGEST_WAIT_MS = 50
/** How long a lock of somebody else's is waited for. */
const PATIENCE_MS = 60_000

const accessSync = fs.accessSync.bind(fs)
const locked = new Set<string>()
let connections = 0

export class SqliteConnection {
  private constructor(
    readonly path: string,
    readonly database: Database,
    private readonly mark: string,
  ) {}

  /** Throws VOLLEY_FILE_NOT_FOUND if there is no file to read; to write, one is made. */
  static open(path: string, access: 'read' | 'write'): SqliteConnection {
    if (access === 'read') expectFile(path)
    overlookOwnLock(path)
    removeDeadLock(path)
    const mark = `${path}.${process.pid}-${threadId}-${++connections}${MARK}`
    try {
      fs.writeFileSync(mark, '')
      return new SqliteConnection(path, new sqlite.Database(path), mark)
    } catch (error) {
      fs.rmSync(mark, { force: true })
      throw sqliteError(error, path)
    }
  }

  /** Makes an empty file the database `staging`, which does not outlive the connection. */
  attachStaging(path: string): void {
    this.execute(`attach ${quoteText(path)} as staging;
      pragma staging.journal_mode = off; pragma staging.synchronous = off; pragma staging.locking_mode = exclusive`)
  }

  /** Runs statements whose results do not matter; waits while the file is locked. */
  execute(sql: string): void {
    this.patiently(() => this.database.exec(sql))
  }

  rows(sql: string): readonly Record<string, unknown>[] {
    return this.patiently(() => this.database.all(sql) as Record<string, unknown>[])
  }

  prepare(sql: string): Statement {
    return this.patiently(() => this.database.prepare(sql))
  }

  /** Runs work in one transaction, or undoes it. */
  transaction(work: () => void): void {
    this.execute('begin immediate')
    try {
      work()
      this.database.exec('commit')
    } catch (error) {
      if (this.database.inTransaction) this.database.exec('rollback')
      throw sqliteError(error, this.path)
    }
  }

  close(): void {
    if (this.database.isOpen) this.database.close()
    fs.rmSync(this.mark, { force: true })
  }

  patiently<T>(work: () => T): T {
    const deadline = Date.now() + PATIENCE_MS
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw sqliteError(error, this.path)
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait)
    }
  }
}

/** Frees a statement, also one that failed: the library would then throw what it failed with again. */
export function finalize(statement: Statement): void {
  try {
    statement.finalize()
  } catch {
    // Said before.
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && error.message === 'database is locked'
}

/** A VolleyError passes through. */
export function sqliteError(cause: unknown, path: string): Error {
  if (cause instanceof VolleyError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const advice = isBusy(cause) ? `; if nobody uses it, remove ${path}${LOCK}` : ''
  const code = /no such table/.test(reason) ? 'VOLLEY_UNKNOWN_TABLE' : 'VOLLEY_DATABASE'
  return new VolleyError(code, `${path}: ${reason}${advice}`, { path }, cause)
}

/** A directory that is there when the library asks is its own: it has locked the file before. */
function overlookOwnLock(path: string): void {
  locked.add(`${path}${LOCK}`)
  if (locked.size > 1) return
  fs.accessSync = (file, mode) => {
    if (!locked.has(String(file))) return accessSync(file, mode)
    throw Object.assign(new Error(`${String(file)} is our own`), { code: 'ENOENT' })
  }
}

function removeDeadLock(path: string): void {
  const prefix = `${basename(path)}.`
  const marks = fs.readdirSync(dirname(path)).filter((name) => name.startsWith(prefix) && name.endsWith(MARK))
  let isDead = false
  let isAlive = false
  for (const name of marks) {
    const owner = Number.parseInt(name.slice(prefix.length), 10)
    if (owner === process.pid || isRunning(owner)) isAlive = true
    else {
      isDead = true
      fs.rmSync(join(dirname(path), name), { force: true })
    }
  }
  if (isDead && !isAlive) fs.rmSync(`${path}${LOCK}`, { recursive: true, force: true })
}

function isRunning(owner: number): boolean {
  try {
    process.kill(owner, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
