/** DuckDB, in memory, through its Node client. */

import {
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  type DuckDBValue,
} from '@duckdb/node-api'
import { type Answer, type Cell, exactDecimal, numberCell } from '../answers.js'

export interface DuckDbEngine {
  readonly connection: DuckDBConnection
  query(sql: string): Promise<DuckDBValue[][]>
  /** Count and order-independent hash of all values of a Parquet file: the answer of suites that write one. */
  fingerprint(path: string): Promise<Answer>
  close(): void
}

/** `memoryLimitBytes`: null for its own default. */
export async function openDuckDb(threads: number, memoryLimitBytes: number | null = null): Promise<DuckDbEngine> {
  const options: Record<string, string> = { threads: String(threads) }
  if (memoryLimitBytes !== null) options.memory_limit = `${memoryLimitBytes}B`
  const instance = await DuckDBInstance.create(':memory:', options)
  const connection = await instance.connect()
  const query = async (sql: string): Promise<DuckDBValue[][]> => (await connection.runAndReadAll(sql)).getRows()
  return {
    connection,
    query,
    fingerprint: async (path) =>
      duckDbAnswer(await query(`select count(*), bit_xor(hash(t)), sum(hash(t) % 1000003) from '${path}' t`)),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

export function duckDbAnswer(rows: readonly (readonly DuckDBValue[])[]): Answer {
  return rows.map((row) => row.map(cellOf))
}

function cellOf(value: DuckDBValue): Cell {
  if (value === null) return null
  if (typeof value === 'number') return numberCell(value)
  if (typeof value === 'bigint') return String(value)
  if (value instanceof DuckDBDecimalValue) return exactDecimal(value.toString())
  if (value instanceof DuckDBDateValue) return value.toString()
  return String(value)
}
