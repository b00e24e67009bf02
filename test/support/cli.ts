/** Runs the command line on real files: as its users do, in a process of its own, or in this one, which is much sooner done. */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance, type Json } from '@duckdb/node-api'
import { runCommand } from '../../engine/cli/run-command.js'
import type { Terminal } from '../../engine/cli/terminal.js'

export const PROGRAM = fileURLToPath(new URL('../../engine/cli/main.js', import.meta.url))
export const ORDERS = fileURLToPath(new URL('../../../data-fixtures/orders.parquet', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Launch {
  readonly cwd?: string
  /** Called with all of standard error so far, whenever there is more; may signal the process. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
}

export function volley(words: readonly string[], launch: Launch = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { cwd: launch.cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      launch.onStderr?.(stderr, (signal) => child.kill(signal))
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/**
 * Runs a command line in this process, whose directory is `cwd` meanwhile. The exit code and what is printed are those of the
 * process; what becomes of its streams, of signals and of what keeps it alive is for `volley` to show.
 */
export async function volleyHere(words: readonly string[], { cwd }: Pick<Launch, 'cwd'> = {}): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  const terminal: Terminal = {
    readerGone: new AbortController().signal,
    interactive: false,
    columns: 80,
    rows: 24,
    isColoured: false,
    printColumns: null,
    print: async (text) => {
      stdout += text
    },
    note: (text) => {
      stderr += text
    },
  }
  const before = process.cwd()
  if (cwd !== undefined) process.chdir(cwd)
  try {
    return { code: await runCommand(words, terminal, new AbortController().signal), stdout, stderr }
  } finally {
    process.chdir(before)
  }
}

/** Rows of a query by DuckDB, values as JSON: decimals and 64-bit integers are text. */
export async function duckDbRows(sql: string): Promise<Json[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const connection = await instance.connect()
    const rows = (await connection.runAndReadAll(sql)).getRowsJson()
    connection.closeSync()
    return rows
  } finally {
    instance.closeSync()
  }
}

/** A directory that is gone afterwards. */
export async function inTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'volley-test-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
