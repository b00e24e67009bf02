/** Database files that the engine's DuckDB has open, each once for all stages that use it. */

import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { quoteText } from '../../io/database/names.js'
import { expectFile } from '../../io/file-errors.js'
import { VolleyError } from '../../planner/errors.js'
import type { DuckDb } from '../strategies/bigdata/duckdb.js'
import type { PipelineServices } from './services.js'

interface Attachment {
  readonly alias: string
  readonly isReadOnly: boolean
  users: number
  /** Settles when the file is open. */
  readonly opened: Promise<void>
}

export interface DuckDbFile {
  readonly duckdb: DuckDb
  /** The name of the database within DuckDB. */
  readonly alias: string
  close(): Promise<void>
}

const attached = new WeakMap<DuckDb, Map<string, Attachment>>()
let aliases = 0

/**
 * Opens a file, to write too if `access` says so; that makes it if there is none. Throws VOLLEY_FILE_NOT_FOUND, and
 * VOLLEY_DATABASE for a file that is no database or that another process writes.
 */
export async function openDuckDbFile(
  path: string,
  access: 'read' | 'write',
  { run }: Pick<PipelineServices, 'run'>,
): Promise<DuckDbFile> {
  if (access === 'read') expectFile(path)
  const duckdb = await run.duckdb()
  const files = attached.get(duckdb) ?? new Map<string, Attachment>()
  attached.set(duckdb, files)
  const key = realPath(path)
  let file = files.get(key)
  if (file?.isReadOnly === true && access === 'write') {
    const message = `${path} is being read by a stage that was started before the one that writes it`
    throw new VolleyError('VOLLEY_DATABASE', message, { path })
  }
  if (file === undefined) {
    file = attach(duckdb, path, access)
    files.set(key, file)
  }
  file.users++
  const attachment = file
  const close = async (): Promise<void> => {
    if (--attachment.users > 0) return
    files.delete(key)
    await duckdb.execute(`detach ${attachment.alias}`)
  }
  try {
    await attachment.opened
  } catch (error) {
    files.delete(key)
    throw error
  }
  return { duckdb, alias: attachment.alias, close }
}

function attach(duckdb: DuckDb, path: string, access: 'read' | 'write'): Attachment {
  const alias = `volley_file_${++aliases}`
  const isReadOnly = access === 'read'
  const options = isReadOnly ? 'type duckdb, read_only' : 'type duckdb'
  const opened = duckdb.execute(`attach ${quoteText(path)} as ${alias} (${options})`).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new VolleyError('VOLLEY_DATABASE', `cannot open ${path} as a DuckDB database: ${reason}`, { path }, cause)
  })
  return { alias, isReadOnly, users: 0, opened }
}

/** The same for all names of a file; it need not exist. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const directory = dirname(path)
  return existsSync(directory) ? join(realpathSync(directory), basename(path)) : path
}
