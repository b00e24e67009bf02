/** Runs the built command line as its users do: a process of its own, on real files. */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance, type Json } from '@duckdb/node-api'

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
