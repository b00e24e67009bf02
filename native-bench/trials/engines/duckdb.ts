/** DuckDB alone in a trial. */

import { type DuckDBDataChunk, DuckDBInstance, type DuckDBResult } from '@duckdb/node-api'
import { fileList, sqlText } from '../../sql-text.js'
import type { TrialRequest } from '../trial.js'
import type { Work } from '../work.js'
import { consume, type Runner } from './runner.js'

const ROW_GROUP_SIZE = 122_880

export async function openDuckDb(request: TrialRequest, work: Work): Promise<Runner> {
  const { inputs, memoryLimit, output, tempDirectory, threads } = request
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    temp_directory: tempDirectory,
    // Its own advice for what exceeds the memory. `order by` is heeded all the same.
    preserve_insertion_order: 'false',
    ...(memoryLimit === null ? {} : { memory_limit: `${memoryLimit}B` }),
  })
  const connection = await instance.connect()
  await work.prepareDuckDb?.(connection)
  const query = work.duckdb((table) => `read_parquet(${fileList(inputs[table])}) as ${table}`)
  return {
    run: async () => {
      if (request.consumer === 'stream') {
        const taken = await consume(
          async () => chunks(await connection.stream(query)),
          (chunk) => chunk.rowCount,
        )
        return { ...taken, strategies: null }
      }
      const result = await connection.run(
        `copy (${query}) to ${sqlText(output)} (format parquet, compression snappy, row_group_size ${ROW_GROUP_SIZE})`,
      )
      return { rows: result.rowsChanged, firstMilliseconds: null, strategies: null }
    },
    close: async () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function* chunks(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk> {
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    yield chunk
  }
}
