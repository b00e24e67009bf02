/** Parses SQL with DuckDB's own parser. Loads DuckDB when first used, and nothing else of it is used: no file, no network. */

import type duckdb from '@duckdb/node-bindings'
import { InternalError, VolleyError } from '../../planner/errors.js'

interface Session {
  readonly bindings: typeof duckdb
  readonly database: duckdb.Database
  readonly connection: duckdb.Connection
}

type Serialized =
  | { readonly error: false; readonly statements?: readonly unknown[] }
  | {
      readonly error: true
      readonly error_type: string
      readonly error_message: string
      readonly error_subtype?: string
      readonly position?: string
    }

/** A string lies as its length, then itself or, where it is longer, its first four bytes and its address. */
const STRING_BYTES = 16
const INLINE = 4
const ADDRESS = 8
const utf8 = new TextDecoder()

/** Syntax trees kept for texts that come again. */
const KEPT_TREES = 500

/** One in-memory DuckDB that only parses. */
export class SqlParser {
  private session: Promise<Session> | null = null
  private readonly trees = new Map<string, unknown>()

  /**
   * The syntax tree of each statement, in order, in one round trip. Each must be a single SELECT.
   * Properties that are null, empty or at their default are left out. Integers beyond 2^53 come as strings of digits.
   * Offsets (`query_location`) count bytes of UTF-8.
   * @throws VolleyError VOLLEY_PARSE, with `position` in characters and `statement`, an index into `statements`;
   *   VOLLEY_UNSUPPORTED for what is not a SELECT.
   */
  async parse(statements: readonly string[]): Promise<unknown[]> {
    if (statements.every((text) => this.trees.has(text))) return statements.map((text) => this.trees.get(text))
    const trees = await this.parseAnew(statements)
    if (this.trees.size > KEPT_TREES) this.trees.clear()
    for (const [i, text] of statements.entries()) this.trees.set(text, trees[i])
    return trees
  }

  private async parseAnew(statements: readonly string[]): Promise<unknown[]> {
    this.session ??= openSession()
    const { bindings, connection } = await this.session
    const columns = statements.map(
      (_, i) => `json_serialize_sql($${i + 1}::varchar, skip_null := true, skip_default := true)`,
    )
    const prepared = await bindings.prepare(connection, `select ${columns.join(', ')}`)
    try {
      for (const [i, text] of statements.entries()) bindings.bind_varchar(prepared, i + 1, text)
      const chunk = await bindings.fetch_chunk(await bindings.execute_prepared(prepared))
      if (chunk === null) throw new InternalError('the parser returned no row')
      return statements.map((text, i) => {
        const json = firstText(bindings, bindings.data_chunk_get_vector(chunk, i))
        return statementOf(parseJson(json) as Serialized, text, i)
      })
    } finally {
      bindings.destroy_prepare_sync(prepared)
    }
  }

  /** Frees DuckDB. The parser may be used again: it then loads anew. */
  async close(): Promise<void> {
    const { session } = this
    this.session = null
    if (session === null) return
    const { bindings, database, connection } = await session
    bindings.disconnect_sync(connection)
    bindings.close_sync(database)
  }
}

const SETTINGS = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', threads: '1' }

/** By the bindings alone: the client above them takes longer to load than DuckDB itself. */
async function openSession(): Promise<Session> {
  const { default: bindings } = await import('@duckdb/node-bindings')
  const config = bindings.create_config()
  for (const [name, value] of Object.entries(SETTINGS)) bindings.set_config(config, name, value)
  const database = await bindings.open(':memory:', config)
  return { bindings, database, connection: await bindings.connect(database) }
}

/** The first value of a vector of strings: see `string-reader.ts`. */
function firstText(bindings: typeof duckdb, vector: duckdb.Vector): string {
  const value = bindings.vector_get_data(vector, STRING_BYTES)
  const { buffer, byteOffset } = value
  const length = new DataView(buffer, byteOffset).getUint32(0, true)
  if (length <= STRING_BYTES - INLINE) return utf8.decode(value.subarray(INLINE, INLINE + length))
  return utf8.decode(bindings.get_data_from_pointer(buffer as ArrayBuffer, byteOffset + ADDRESS, length))
}

function statementOf(serialized: Serialized, text: string, statement: number): unknown {
  if (serialized.error) {
    const position = serialized.position === undefined ? undefined : characterOffset(text, Number(serialized.position))
    const details = { expression: text, position, statement }
    if (serialized.error_type === 'parser') throw new VolleyError('VOLLEY_PARSE', serialized.error_message, details)
    throw new VolleyError('VOLLEY_UNSUPPORTED', `only SELECT statements are supported: ${text}`, details)
  }
  const { statements = [] } = serialized
  if (statements.length === 1) return statements[0]
  const found = statements.length === 0 ? 'found none' : `found ${statements.length}: ${text}`
  const message = `expected one SELECT statement, ${found}`
  throw new VolleyError('VOLLEY_PARSE', message, { expression: text, statement })
}

/** Turns an offset in code points, as errors have it, into one in characters (UTF-16 code units). */
function characterOffset(text: string, codePoints: number): number {
  return [...text].slice(0, codePoints).join('').length
}

/** Strings, or numbers and infinities outside of them. */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|-?Infinity/g

/** Reads JSON without rounding integers: those of 16 digits and more become strings. Drops empty properties. */
function parseJson(text: string): unknown {
  const exact = text.replace(JSON_TOKEN, (token) => {
    if (/^-?\d{16,}$/.test(token)) return `"${token}"`
    return token.endsWith('Infinity') ? token.replace('Infinity', '1e999') : token
  })
  return JSON.parse(exact, withoutEmpty)
}

/** Keeps elements of lists: an empty grouping set is one of ROLLUP. Keeps the value of an empty string constant. */
function withoutEmpty(this: unknown, key: string, value: unknown): unknown {
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0)
  return isEmpty && key !== 'value' && !Array.isArray(this) ? undefined : value
}
