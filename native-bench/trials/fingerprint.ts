/** Compares results of engines by row count and an order-independent checksum, and checks their order. */

import { DuckDBInstance } from '@duckdb/node-api'
import { type Answer, firstDifference } from '../answers.js'
import { duckDbAnswer } from '../engines/duckdb.js'
import { sqlText } from '../sql-text.js'
import type { Work } from './work.js'

export interface Fingerprint {
  readonly answer: Answer
  /** Rows that come before one that they should come after. */
  readonly misplaced: number
}

/** Reads the whole file. */
export async function fingerprint(work: Work, path: string): Promise<Fingerprint> {
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const connection = await instance.connect()
    const query = async (sql: string) => (await connection.runAndReadAll(sql)).getRows()
    const from = `read_parquet(${sqlText(path)})`
    const hashed = `select hash(${work.columns.join(', ')}) as h from ${from}`
    const answer = duckDbAnswer(await query(`select count(*), bit_xor(h), sum(h % 1000003) from (${hashed})`))
    const misplaced = work.order === undefined ? 0 : Number((await query(misplacedQuery(from, work.order)))[0][0])
    connection.closeSync()
    return { answer, misplaced }
  } finally {
    instance.closeSync()
  }
}

/** What is wrong with a result, null if nothing is. Without `expected`, only its order is judged. */
export function fault(expected: Fingerprint | null, actual: Fingerprint): string | null {
  if (actual.misplaced > 0) return `${actual.misplaced} rows are out of order`
  return expected === null ? null : firstDifference(expected.answer, actual.answer)
}

function misplacedQuery(from: string, order: readonly string[]): string {
  const previous = order.map((name) => `lag(${name}) over () as previous_${name}`)
  return `select count(*) from (select ${order.join(', ')}, ${previous.join(', ')} from ${from} offset 1)
    where (${order.map((name) => `previous_${name}`).join(', ')}) > (${order.join(', ')})`
}
